import { rowBatches, type Source } from '../feeds/row-batches.ts'
import type { FeedKind, SourceRows } from '../feeds/source-rows.ts'
import { batchRows, type EncodedBatch, type EncodeSettings, type LineBatch } from './batch-encoder.ts'
import { EncoderPool } from './encoder-pool.ts'
import { inOrder } from './in-order.ts'
import { rawText } from './raw-text.ts'

/** A source's rows as lines, with nothing remembered of them. */
export async function* encodeSource<Kind extends FeedKind>(
  settings: Omit<EncodeSettings, 'stateKey' | 'sealing'> &
    Partial<Pick<EncodeSettings, 'sealing'>> & { readonly kind: Kind },
  source: Source<SourceRows[Kind]>,
): AsyncIterable<LineBatch> {
  const pool = new EncoderPool({ sealing: undefined, ...settings, stateKey: undefined })
  async function* batches(): AsyncIterable<() => Promise<EncodedBatch>> {
    let texts: string[] = []
    for await (const rows of rowBatches(settings.kind, source))
      for (const row of rows) {
        texts.push(rawText(settings.kind, row, settings.sealing?.fields ?? []))
        if (texts.length < batchRows) continue
        const full = texts
        texts = []
        yield () => pool.encode(full)
      }
    if (texts.length > 0) yield () => pool.encode(texts)
  }
  try {
    yield* inOrder(batches(), pool.width)
  } finally {
    await pool.close()
  }
}
