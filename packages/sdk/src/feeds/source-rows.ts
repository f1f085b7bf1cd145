import type { RawPairing, RawSubscriber, RowFault } from '@pcbs/core'

/** A row that the source itself could not read, such as a line with too few columns. */
export interface UnreadableRow {
  readonly fault: RowFault
}

/** A row as a source yields it; `line` is where it stands there, for reports. */
export type SourceRow<Raw> = (Raw | UnreadableRow) & { readonly line?: number }

/** What each kind of feed is read from. */
export interface SourceRows {
  readonly subscribers: SourceRow<RawSubscriber>
  readonly pairings: SourceRow<RawPairing>
}

/** A row that is sent as rejected, by where it stands in its source. Holds no value. */
export interface SourceReject extends RowFault {
  /** The row's `line`; the rows' own count, from 1, where the source gives none. */
  readonly line: number
}

/** A kind of feed. */
export type FeedKind = keyof SourceRows

/** A row as it is sent: its line of the part, and why it is a reject if it is one. */
export interface OutgoingRow {
  readonly line: string
  readonly fault: RowFault | undefined
}
