import type { Schemas } from '@pcbs/contract'
import { tacOf } from '@pcbs/core'
import { asTelco, findFeed, type StagedSample, summariseStaged } from '@pcbs/store'
import { telcoInQuestion } from '../auth/require.ts'
import type { Context } from '../context.ts'
import { noSuchFeed } from '../feeds/view.ts'
import type { Handler } from '../http/operation.ts'
import { Problem } from '../http/problems.ts'

/** Rows looked at for what models a feed holds, and of those the ones shown. */
const sampleRows = 2000
const shownRows = 20
const shownTacs = 20

export const inspectFeed: Handler<'inspectFeed'> = async ({ path, query, principal }, context) => {
  const telco = telcoInQuestion(context, principal, query.telco)
  const summary = await asTelco(context.ingest.db, telco.id, async (tx) => {
    const feed = await findFeed(tx, { telcoId: telco.id, ...path })
    if (!feed) throw noSuchFeed()
    if (feed.state !== 'quarantined') throw new Problem('feed-not-quarantined', `The feed is ${feed.state}.`)
    return summariseStaged(tx, feed, sampleRows)
  })
  const { rows, ended, samples } = summary
  return {
    status: 200,
    body: {
      rows,
      ended,
      days: summary.days.map((day) => ({ ...day })),
      tacs: countTacs(context, samples),
      samples: samples
        .slice(0, shownRows)
        .map(({ imei, ...sample }) => ({ ...sample, tac: tac(context, imei) })),
    },
  }
}

/** A phone's model: all of its IMEI that is shown. */
function tac({ keys }: Context, imei: Buffer): string {
  return tacOf(keys.openImei(imei))
}

/** The models that most sampled rows are of. */
function countTacs(context: Context, samples: readonly StagedSample[]): Schemas['FeedInspection']['tacs'] {
  const counts = new Map<string, number>()
  for (const { imei } of samples) {
    const model = tac(context, imei)
    counts.set(model, (counts.get(model) ?? 0) + 1)
  }
  return [...counts]
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, shownTacs)
    .map(([model, count]) => ({ tac: model, share: count / samples.length }))
}
