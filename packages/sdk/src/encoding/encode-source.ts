import { rowBatches, type Source } from '../feeds/row-batches.ts'
import type { FeedKind, SourceReject, SourceRows } from '../feeds/source-rows.ts'
import { batchRows, type EncodedBatch, type EncodeSettings, type LineBatch } from './batch-encoder.ts'
import { EncoderPool } from './encoder-pool.ts'
import { inOrder } from './in-order.ts'
import { rawText } from './raw-text.ts'

/** What {@link encodeSource} takes. */
export type SourceEncoding<Kind extends FeedKind> = Omit<EncodeSettings, 'stateKey' | 'sealing'> &
  Partial<Pick<EncodeSettings, 'sealing'>> & {
    readonly kind: Kind
    /** Hears of every rejected row, in the source's order. */
    readonly onReject?: (reject: SourceReject) => void
  }

/** A batch under way, and where its rows stand in the source. */
interface PlacedBatch {
  readonly encoded: EncodedBatch
  readonly places: readonly number[]
}

/** A source's rows as lines, with nothing remembered of them. */
export async function* encodeSource<Kind extends FeedKind>(
  { onReject, ...settings }: SourceEncoding<Kind>,
  source: Source<SourceRows[Kind]>,
): AsyncIterable<LineBatch> {
  const pool = new EncoderPool({ sealing: undefined, ...settings, stateKey: undefined })
  async function* batches(): AsyncIterable<() => Promise<PlacedBatch>> {
    let [texts, places]: [string[], number[]] = [[], []]
    let position = 0
    const piece = () => {
      const batch = { texts, places }
      texts = []
      places = []
      return async () => ({ encoded: await pool.encode(batch.texts), places: batch.places })
    }
    for await (const rows of rowBatches(settings.kind, source))
      for (const row of rows) {
        position += 1
        texts.push(rawText(settings.kind, row, settings.sealing?.fields ?? []))
        places.push(row.line ?? position)
        if (texts.length === batchRows) yield piece()
      }
    if (texts.length > 0) yield piece()
  }
  try {
    for await (const { encoded, places } of inOrder(batches(), pool.width)) {
      for (const { row, field, code } of encoded.faults) onReject?.({ line: places[row] ?? 0, field, code })
      yield encoded
    }
  } finally {
    await pool.close()
  }
}
