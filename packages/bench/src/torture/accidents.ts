import { setTimeout as delay } from 'node:timers/promises'
import type { Dice } from '@pcbs/dev-nation'
import type { Accident } from './stage.ts'

/** A random moment of a sync. */
const moment = (dice: Dice) => delay(50 + dice.below(1500))

/** What can happen during a sync, by what it happens to. */
export const accidents = {
  nobody: async () => {},
  adapter: async (_stage, dice, adapter) => {
    await moment(dice)
    await adapter.kill()
  },
  API: async ({ registry }, dice) => {
    await moment(dice)
    await registry.programs.api.kill()
    await registry.startApi()
  },
  PostgreSQL: async (stage, dice) => {
    await moment(dice)
    await stage.crashPostgres()
  },
  /** Connections break, parts come twice, late or damaged. */
  line: async ({ meddler }, dice, adapter) => {
    meddler.meddle(dice)
    await adapter.ended
    meddler.meddle(undefined)
  },
  /** The telco runs a second adapter at the same time, on another machine. */
  rival: async (stage, dice) => {
    await delay(dice.below(300))
    const rival = await stage.startAdapter(1)
    await rival.ended
  },
} as const satisfies Record<string, Accident>

/** A key of {@link accidents}. */
export type AccidentName = keyof typeof accidents
