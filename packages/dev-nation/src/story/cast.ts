import { formatImei15, parseNetworkImei } from '@pcbs/core'
import { formerLineAt, lineAt, type NationPlan, type SimulatedSubscriber } from '../simulator/nation.ts'

/** Who the story is about. */
export interface Cast {
  /** A customer of telco A who used two phones lately: one is stolen, the other stays theirs. */
  readonly victim: SimulatedSubscriber
  /** 15 digits each. */
  readonly stolenPhone: string
  readonly otherPhone: string
  /** Another customer of telco A, who has nothing to do with either phone. */
  readonly stranger: SimulatedSubscriber
}

/** Picks the story's people from a nation; its first lines are no clones. */
export function castStory(plan: NationPlan): Cast {
  const lines = Array.from({ length: Math.min(200, plan.subscriptions) }, (_, index) => ({
    ...lineAt(plan, index),
    hasMoved: formerLineAt(plan, index) !== undefined,
  })).filter(({ telco, hasMoved }) => telco === 'telco-a' && !hasMoved)
  const victim = lines.find(({ uses }) => uses.length === 2)
  const stranger = lines.find(
    ({ subscriber, uses }) => uses.length === 1 && subscriber !== victim?.subscriber,
  )
  const [other, stolen] = victim?.uses ?? []
  if (!victim || !stranger || !other || !stolen)
    throw new Error('the nation is too small for the story: give it 200 subscriptions')
  return {
    victim: victim.subscriber,
    stolenPhone: printedImei(stolen.imei),
    otherPhone: printedImei(other.imei),
    stranger: stranger.subscriber,
  }
}

/** The 15 digits on the box of a phone that a network saw. */
export function printedImei(imei: string): string {
  const parsed = parseNetworkImei(imei)
  if (!parsed.ok) throw new Error('no phone has this IMEI')
  return formatImei15(parsed.value)
}
