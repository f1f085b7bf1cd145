import type { Schemas } from '@pcbs/contract'
import { defaultThresholds, type ThresholdName } from '@pcbs/core'
import type { StoredFeed, StoredManifest } from '@pcbs/store'
import { type Context, telcoById } from '../context.ts'
import { Problem } from '../http/problems.ts'

/** What a single feed is given with, and lists are not. */
export interface FeedDocuments {
  /** Hash of the series' last manifest, while the feed is open. */
  readonly previousManifest?: string | undefined
  readonly manifest?: StoredManifest | undefined
}

/** A feed as its readers get it. */
export function feedView(
  context: Pick<Context, 'telcos'>,
  feed: StoredFeed,
  { previousManifest, manifest }: FeedDocuments = {},
): Schemas['Feed'] {
  const { closedAt, manifestHash, receipt } = feed
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
    counts: { ...feed.counts },
    breaches: feed.breaches.map((breach) => ({
      ...breach,
      // The column holds what core's judgement named.
      meaning: defaultThresholds[breach.threshold as ThresholdName].meaning,
    })),
    ...(previousManifest !== undefined && { previousManifest }),
    ...(manifestHash !== undefined && { manifestHash }),
    ...(manifest !== undefined && {
      manifest: {
        text: manifest.text,
        publicKey: manifest.publicKey.toString('base64url'),
        signature: manifest.signature.toString('base64url'),
      },
    }),
    // The column holds what signReceipt made.
    ...(receipt !== undefined && { receipt: receipt as Schemas['SignedReceipt'] }),
  }
}

/** The refusal for a feed that is not there. */
export function noSuchFeed(): Problem {
  return new Problem('not-found', 'There is no feed of this kind and number.')
}
