import { wrapTokens } from '@pcbs/seal'
import { encodeStagedBatch, type FeedKind, tokenColumns } from '@pcbs/store'

/** Rows whose tokens are encrypted in one call. */
const capacity = 2048

/** What encrypts and names a batch. */
export interface BatchSettings {
  readonly kind: FeedKind
  readonly part: number
  /** The telco's second-layer key. */
  readonly layerKey: Buffer
  readonly imeiKey: Buffer
}

/** Good rows of a part, column by column, as they wait for encryption: one batch is filled again and again. */
export class RowBatch {
  readonly #settings: BatchSettings
  count = 0
  /** First-layer tokens, and for pairings the IMEIs' blocks before them: 16 bytes a row each. */
  readonly tokens: readonly Buffer[]
  readonly isEnded = new Uint8Array(capacity)
  readonly ownerTags = new Int16Array(capacity)
  readonly firstSeen = new Int32Array(capacity)
  readonly lastSeen = new Int32Array(capacity)
  readonly rats: string[] = new Array(capacity).fill('')
  readonly sealed: Buffer[] = new Array(capacity).fill(Buffer.alloc(0))

  constructor(settings: BatchSettings) {
    this.#settings = settings
    this.tokens = Array.from({ length: tokenColumns[settings.kind] }, () => Buffer.alloc(capacity * 16))
  }

  get isFull(): boolean {
    return this.count === capacity
  }

  /** The rows as COPY data, IMEIs and tokens encrypted, each column in one call. The batch is empty afterwards. */
  drain(): Buffer {
    const { kind, part, layerKey, imeiKey } = this.#settings
    const { count } = this
    const tokens = this.tokens.map((column, place) =>
      wrapTokens(kind === 'pairings' && place === 0 ? imeiKey : layerKey, column.subarray(0, count * 16)),
    )
    this.count = 0
    return encodeStagedBatch(kind, { ...this, part, count, tokens })
  }
}
