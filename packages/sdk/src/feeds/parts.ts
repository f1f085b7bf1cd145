import { createHash } from 'node:crypto'
import { batchRows, type LineBatch } from '../encoding/batch-encoder.ts'

/** One part of a feed, ready to be compressed. */
export interface OutgoingPart {
  /** From 1. */
  readonly number: number
  readonly content: Buffer
  readonly rows: number
  readonly rejected: number
  /** SHA-256 of the content. */
  readonly digest: Buffer
}

/** Rows per part: two megabytes, compressed to little more than one, which any line sends again without much loss. */
export const partRows: number = 5 * batchRows

/** With sealed records rows are longer: a part ends with the batch that passes this many bytes. */
const partBytes = 4 * 1024 * 1024

/**
 * Joins batches to parts. The same batches give the same parts, so a restarted feed finds what it sent before; records
 * that are sealed anew are others.
 */
export async function* cutParts(batches: AsyncIterable<LineBatch>): AsyncIterable<OutgoingPart> {
  let number = 1
  let gathered: LineBatch[] = []
  for await (const batch of batches) {
    if (batch.rows === 0) continue
    gathered.push(batch)
    const bytes = gathered.reduce((total, { lines }) => total + lines.length, 0)
    if (sum(gathered, 'rows') < partRows && bytes < partBytes) continue
    yield makePart(number++, gathered)
    gathered = []
  }
  if (gathered.length > 0) yield makePart(number, gathered)
}

function makePart(number: number, batches: readonly LineBatch[]): OutgoingPart {
  const content = Buffer.concat(batches.map(({ lines }) => lines))
  return {
    number,
    content,
    rows: sum(batches, 'rows'),
    rejected: sum(batches, 'rejected'),
    digest: createHash('sha256').update(content).digest(),
  }
}

function sum(batches: readonly LineBatch[], count: 'rows' | 'rejected'): number {
  return batches.reduce((total, batch) => total + batch[count], 0)
}
