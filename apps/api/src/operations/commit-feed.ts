import { createHash } from 'node:crypto'
import { asTelco, discardPartsAfter, lockFeed, type StoredFeed } from '@pcbs/store'
import { requireTelco } from '../auth/require.ts'
import { judgeAndClose } from '../feeds/close.ts'
import { feedView, noSuchFeed } from '../feeds/view.ts'
import type { Handler } from '../http/operation.ts'
import { Problem } from '../http/problems.ts'

export const commitFeed: Handler<'commitFeed'> = async ({ path, body, principal }, context) => {
  const telco = requireTelco(principal)
  const closed = await asTelco(context.ingest.db, telco.id, async (tx) => {
    const feed = await lockFeed(tx, { telcoId: telco.id, ...path })
    if (!feed) throw noSuchFeed()
    if (feed.state !== 'open') return feed
    // Parts beyond the last are of a former try, when the source held more.
    const kept = feed.parts.filter(({ part }) => part <= body.parts)
    if (kept.length < feed.parts.length) await discardPartsAfter(tx, feed, body.parts)
    const whole = { ...feed, ...sumParts(kept) }
    refuseIncomplete(whole, body)
    return judgeAndClose(context, tx, whole)
  })
  return { status: 200, body: feedView(context, closed) }
}

function sumParts(
  parts: StoredFeed['parts'],
): Pick<StoredFeed, 'parts' | 'rowsIn' | 'accepted' | 'rejected'> {
  const sum = (of: (part: StoredFeed['parts'][number]) => number) =>
    parts.reduce((total, part) => total + of(part), 0)
  return {
    parts,
    rowsIn: sum(({ rowsIn }) => rowsIn),
    accepted: sum(({ accepted }) => accepted),
    rejected: sum(({ rejected }) => rejected),
  }
}

/** Refuses unless the parts are all here and are those that the adapter means. */
function refuseIncomplete(
  { parts, rowsIn }: StoredFeed,
  body: { parts: number; rows: number; digest: string },
): void {
  if (parts.length < body.parts) {
    const received = new Set(parts.map(({ part }) => part))
    const missing: number[] = []
    for (let part = 1; part <= body.parts && missing.length < 20; part++)
      if (!received.has(part)) missing.push(part)
    throw new Problem(
      'feed-incomplete',
      `${parts.length} of ${body.parts} parts are here; missing: ${missing.join(', ')}.`,
    )
  }
  const digests = createHash('sha256')
  for (const { digest } of parts.toSorted((a, b) => a.part - b.part)) digests.update(digest, 'hex')
  if (rowsIn !== body.rows || digests.digest('hex') !== body.digest) {
    throw new Problem(
      'feed-incomplete',
      `The ${rowsIn} rows here are not those that the commit means: send the parts again.`,
    )
  }
}
