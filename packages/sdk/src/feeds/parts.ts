import { createHash } from 'node:crypto'
import type { OutgoingRow } from './source-rows.ts'

/** One part of a feed, ready to be compressed. */
export interface OutgoingPart {
  /** From 1. */
  readonly number: number
  readonly text: string
  readonly rows: number
  readonly rejected: number
  /** SHA-256 of the text's UTF-8, hex. */
  readonly digest: string
}

/** Rows per part: two megabytes, compressed to little more than one, which any line sends again without much loss. */
export const partRows = 20_000

/** Cuts rows into parts. The same rows give the same parts, so a restarted feed finds what it sent before. */
export async function* cutParts(
  rows: AsyncIterable<OutgoingRow>,
  rowsPerPart: number = partRows,
): AsyncIterable<OutgoingPart> {
  let [number, count, rejected] = [1, 0, 0]
  let lines: string[] = []
  for await (const { line, fault } of rows) {
    lines.push(line)
    count += 1
    if (fault) rejected += 1
    if (count < rowsPerPart) continue
    yield makePart(number, lines, rejected)
    lines = []
    number += 1
    count = 0
    rejected = 0
  }
  if (count > 0) yield makePart(number, lines, rejected)
}

function makePart(number: number, lines: readonly string[], rejected: number): OutgoingPart {
  const text = lines.join('')
  const digest = createHash('sha256').update(text).digest('hex')
  return { number, text, rows: lines.length, rejected, digest }
}
