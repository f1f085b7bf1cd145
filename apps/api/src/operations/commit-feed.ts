import type { FeedManifest } from '@pcbs/seal'
import {
  asTelco,
  discardPartsAfter,
  findLastManifestHash,
  insertManifest,
  lockFeed,
  type StoredFeed,
} from '@pcbs/store'
import { nameOf } from '../auth/principal.ts'
import { requireTelco } from '../auth/require.ts'
import { judgeAndClose } from '../feeds/close.ts'
import { checkManifest, readManifest } from '../feeds/manifest.ts'
import { feedView, noSuchFeed } from '../feeds/view.ts'
import type { Handler } from '../http/operation.ts'
import { Problem } from '../http/problems.ts'

export const commitFeed: Handler<'commitFeed'> = async ({ path, body, principal }, context) => {
  const telco = requireTelco(principal)
  const manifest = readManifest(telco, body.manifest)
  const { parts } = manifest.content
  const closed = await asTelco(context.ingest.db, telco.id, async (tx) => {
    const feed = await lockFeed(tx, { telcoId: telco.id, ...path })
    if (!feed) throw noSuchFeed()
    if (feed.state !== 'open') return feed
    checkManifest(manifest, telco, feed, await findLastManifestHash(tx, feed))
    // Parts beyond the last are of a former try, when the source held more.
    const kept = feed.parts.filter(({ part }) => part <= parts.length)
    if (kept.length < feed.parts.length) await discardPartsAfter(tx, feed, parts.length)
    const whole = { ...feed, ...sumParts(kept), manifestHash: manifest.hash }
    refuseIncomplete(whole, parts)
    await insertManifest(tx, feed, manifest.stored)
    return judgeAndClose(context, tx, whole, nameOf(principal))
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

/** Refuses unless the parts are all here and are those of the manifest. */
function refuseIncomplete({ parts }: StoredFeed, meant: FeedManifest['parts']): void {
  const received = new Map(parts.map((part) => [part.part, part]))
  const wrong = meant.flatMap(({ rows, digest }, index) => {
    const part = received.get(index + 1)
    return part?.digest === digest && part.rowsIn === rows ? [] : [index + 1]
  })
  if (wrong.length === 0) return
  const shown = `${wrong.slice(0, 20).join(', ')}${wrong.length > 20 ? ', …' : ''}`
  throw new Problem(
    'feed-incomplete',
    `Of ${meant.length} parts ${wrong.length} are not here as the manifest means them; send them again: ${shown}.`,
  )
}
