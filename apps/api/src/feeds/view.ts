import type { Schemas } from '@pcbs/contract'
import { defaultThresholds, type ThresholdName } from '@pcbs/core'
import type { StoredFeed } from '@pcbs/store'
import { type Context, telcoById } from '../context.ts'
import { Problem } from '../http/problems.ts'

/** A feed as its readers get it. */
export function feedView(context: Pick<Context, 'telcos'>, feed: StoredFeed): Schemas['Feed'] {
  const { closedAt } = feed
  return {
    telco: telcoById(context, feed.telcoId).code,
    kind: feed.kind,
    number: feed.number,
    mode: feed.mode,
    state: feed.state,
    periodFrom: feed.periodFrom,
    periodTo: feed.periodTo,
    openedAt: feed.openedAt.toISOString(),
    ...(closedAt !== undefined && { closedAt: closedAt.toISOString() }),
    partsReceived: feed.parts.map((part) => ({ ...part })),
    rowsIn: feed.rowsIn,
    accepted: feed.accepted,
    rejected: feed.rejected,
    rejectsByCode: { ...feed.rejectsByCode },
    breaches: feed.breaches.map((breach) => ({
      ...breach,
      // The column holds what core's judgement named.
      meaning: defaultThresholds[breach.threshold as ThresholdName].meaning,
    })),
  }
}

/** The refusal for a feed that is not there. */
export function noSuchFeed(): Problem {
  return new Problem('not-found', 'There is no feed of this kind and number.')
}
