import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { findFeedTerms, stagePart } from '@pcbs/store'
import { requireTelco } from '../auth/require.ts'
import { readIncomingPart } from '../feeds/incoming-part.ts'
import { noSuchFeed } from '../feeds/view.ts'
import type { Handler } from '../http/operation.ts'
import { Problem } from '../http/problems.ts'
import { sealingEpochsOf } from '../policy/policies.ts'

export const putFeedPart: Handler<'putFeedPart'> = async ({ path, principal, header, stream }, context) => {
  const telco = requireTelco(principal)
  const { part } = path
  const terms = await findFeedTerms(context.db, { telcoId: telco.id, ...path })
  if (!terms) throw noSuchFeed()
  const { feed, part: stored } = terms
  const declaredDigest = readDigest(header('content-digest') ?? '')
  if (stored?.digest === declaredDigest) return { status: 200, body: { ...stored } }
  if (feed.state !== 'open') throw new Problem('feed-not-open', `The feed is ${feed.state}.`)

  const incoming = readIncomingPart(decompressed(header('content-encoding'), stream), {
    part,
    declaredDigest,
    rules: {
      kind: feed.kind,
      periodFrom: feed.periodFrom,
      periodTo: feed.periodTo,
      epoch: feed.tokenEpoch,
      isDelta: feed.mode === 'delta',
      sealingEpochs: sealingEpochsOf(context, feed.policyVersion),
    },
    layerKey: context.keys.layerKey(telco, feed.tokenEpoch),
    imeiKey: context.keys.imeiKey,
  })
  const outcome = await context.intake.admit(telco.id, () =>
    stagePart(context.ingest.pool, { ...feed, part }, incoming),
  )
  if (!outcome) throw new Problem('feed-not-open', 'The feed was closed meanwhile.')
  const { rowsIn, accepted, rejects } = outcome
  return { status: 200, body: { part, digest: declaredDigest, rowsIn, accepted, rejected: rejects.length } }
}

/** `sha-256=:base64:` (RFC 9530) as hex; the contract has checked its form. */
function readDigest(text: string): string {
  return Buffer.from(text.slice('sha-256=:'.length, -1), 'base64').toString('hex')
}

function decompressed(encoding: string | undefined, body: Readable): Readable {
  switch (encoding) {
    case undefined:
    case 'identity':
      return body
    case 'gzip': {
      const plain = createGunzip({ chunkSize: 256 * 1024 })
      body.on('error', (error) => plain.destroy(error))
      plain.on('error', () => body.unpipe(plain))
      return body.pipe(plain)
    }
    default:
      throw new Problem('media-type', 'Content-Encoding is gzip, or left out.')
  }
}
