import { Readable } from 'node:stream'
import { findSnapshot, readSnapshotPiece, type StoredSnapshot } from '@pcbs/store'
import { snapshotEnd } from '../block-list/write-snapshot.ts'
import type { Context } from '../context.ts'
import { readRange } from '../http/byte-range.ts'
import type { Handler } from '../http/operation.ts'
import { Problem } from '../http/problems.ts'

/** A snapshot of a sequence is the same for everybody and for ever: whoever stands between may keep it. */
const cacheable = 'public, max-age=604800, immutable'

export const downloadBlockListSnapshot: Handler<'downloadBlockListSnapshot'> = async (
  { path, header },
  context,
) => {
  const snapshot = await findSnapshot(context.db, path.seq)
  if (!snapshot) throw new Problem('not-found', 'There are newer snapshots: ask for the newest.')
  const end = snapshotEnd(context, snapshot)
  const total = snapshot.bytes + end.length
  const etag = `"${snapshot.digest.toString('hex')}"`
  const range = readRange(total, header('range'), { etag, ifRange: header('if-range') })
  const headers = { 'Accept-Ranges': 'bytes', 'Cache-Control': cacheable, ETag: etag, Vary: 'Range' }
  if (range === 'unsatisfiable')
    return { status: 416, body: undefined, headers: { 'Content-Range': `bytes */${total}` } }
  const [from, to] = range ?? [0, total]
  const body = Readable.from(piecesOf(context, snapshot, { end, from, to }))
  const length = { 'Content-Length': String(to - from), 'Content-Type': 'application/octet-stream' }
  if (!range) return { status: 200, body, headers: { ...headers, ...length } }
  const contentRange = { 'Content-Range': `bytes ${from}-${to - 1}/${total}` }
  return { status: 206, body, headers: { ...headers, ...length, ...contentRange } }
}

/** The bytes from one place up to another, as they are stored and, last, as they are made. */
async function* piecesOf(
  { db }: Context,
  { seq, bytes }: StoredSnapshot,
  { end, from, to }: { readonly end: Buffer; readonly from: number; readonly to: number },
): AsyncIterable<Buffer> {
  for (let at = from; at < to; ) {
    const piece = at < bytes ? await readSnapshotPiece(db, seq, at) : end.subarray(at - bytes)
    // Gone while it was read: the connection breaks off, and the next try learns of the newer one.
    if (!piece || piece.length === 0) throw new Error('a piece of a snapshot is missing')
    yield piece.subarray(0, to - at)
    at += piece.length
  }
}
