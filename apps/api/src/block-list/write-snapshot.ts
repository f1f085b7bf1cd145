import { createHash } from 'node:crypto'
import {
  encodeSnapshotExceptions,
  encodeSnapshotHeader,
  encodeSnapshotRanges,
  PhoneWriter,
  type SnapshotException,
} from '@pcbs/seal'
import type { SnapshotSource, StoredSnapshot } from '@pcbs/store'
import type { Context } from '../context.ts'
import { wireException } from './wire.ts'

type Keys = Pick<Context, 'keys' | 'telcos'>

/** The SIMs that a snapshot lets through, as networks get them. */
function exceptionsOf(
  context: Keys,
  { exceptions }: Pick<StoredSnapshot, 'exceptions'>,
): SnapshotException[] {
  return exceptions.map((each) => ({ imei: each.imei, ...wireException(context, each) }))
}

/** Writes the list of one moment as a snapshot, piece by piece; gives its digest and the pieces' length. */
export async function writeSnapshot(
  context: Keys,
  source: SnapshotSource,
): Promise<{ readonly digest: Buffer; readonly bytes: number }> {
  const hash = createHash('sha256')
  let bytes = 0
  const keep = async (piece: Buffer | undefined) => {
    if (!piece || piece.length === 0) return
    hash.update(piece)
    await source.keep(bytes, piece)
    bytes += piece.length
  }
  const exceptions = exceptionsOf(context, source)
  const { seq, phones, ranges } = source
  const head = source.head.toString('hex')
  await keep(
    encodeSnapshotHeader({ seq, head, phones, ranges: ranges.length, exceptions: exceptions.length }),
  )
  const writer = new PhoneWriter()
  for await (const page of source.pages())
    for (const { imei, status, reason } of page)
      await keep(writer.add({ imei, status, ...(reason !== null && { reason }) }))
  await keep(writer.rest())
  await keep(encodeSnapshotRanges(ranges))
  return { digest: hash.update(encodeSnapshotExceptions(exceptions)).digest(), bytes }
}

/** What stands behind a snapshot's pieces: the exceptions, made anew each time, and the digest of it all. */
export function snapshotEnd(context: Keys, snapshot: StoredSnapshot): Buffer {
  return Buffer.concat([encodeSnapshotExceptions(exceptionsOf(context, snapshot)), snapshot.digest])
}
