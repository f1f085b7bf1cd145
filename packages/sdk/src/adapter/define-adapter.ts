import type { HomeNetwork } from '@pcbs/core'
import type { ListEntry, ListRange } from '@pcbs/seal'
import type { Source } from '../feeds/row-batches.ts'
import type { FeedKind, SourceRows } from '../feeds/source-rows.ts'

/** What the kit gives to an adapter. */
export interface AdapterHost {
  /** The configuration file's `settings`, for the adapter's own use. */
  readonly settings: Readonly<Record<string, string>>
  readonly home: HomeNetwork
  /** First and last day of use that the registry wants; ISO days. */
  readonly period: { readonly from: string; readonly to: string }
  readonly signal: AbortSignal
}

/**
 * The block list on its way into a telco's own systems: all of it anew, a phone that changed (PERMITTED takes it off), or
 * a range of models that did. An entry of a phone goes before a range that it lies in.
 */
export type ListUpdate =
  | {
      readonly type: 'replace'
      readonly seq: number
      /** Tens of millions, perhaps: take them as they come. */
      readonly entries: Iterable<ListEntry>
      readonly ranges: readonly ListRange[]
    }
  | { readonly type: 'change'; readonly seq: number; readonly entry: ListEntry }
  | { readonly type: 'range'; readonly seq: number; readonly range: ListRange }

/**
 * A telco's side of the registry. Rows are yielded from a cursor, singly or as many as it gives at once, never gathered
 * in a file;
 * values are sent as the telco holds them, the kit parses, tokenises and rejects.
 */
export interface TelcoAdapter {
  /** Every subscription in force, in any order that stays the same while the data does. */
  subscribers(): Source<SourceRows['subscribers']>
  /** Every use of a phone in the host's period, in any order that stays the same while the data does. */
  pairings(): Source<SourceRows['pairings']>
  /** How many rows a source is likely to give, so that whoever watches a sync learns how long it takes. */
  estimateRows?(kind: FeedKind): Promise<number>
  /** Takes a change of the block list; returns once it is in force. The same update may come twice. */
  applyList?(updates: readonly ListUpdate[]): Promise<void>
  /** Releases connections. */
  close?(): Promise<void>
}

/** Makes an adapter from what its host offers. */
export type AdapterFactory = (host: AdapterHost) => TelcoAdapter | Promise<TelcoAdapter>

/**
 * Declares an adapter.
 * @example
 * export const adapter = defineAdapter(({ settings }) => ({
 *   subscribers: () => readSubscribers(settings.database),
 *   pairings: () => readPairings(settings.database),
 * }))
 */
export function defineAdapter(factory: AdapterFactory): AdapterFactory {
  return factory
}
