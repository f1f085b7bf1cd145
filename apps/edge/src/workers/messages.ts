import type { ListChange, TelcoKey } from '@pcbs/seal'
import type { SharedList } from '../block-list/edge-list.ts'
import type { CheckSettings } from '../config/edge-config.ts'
import type { AttachedPhone } from '../detach/recent-sims.ts'

/** What a thread that answers checks begins with. */
export interface WorkerStart {
  readonly settings: CheckSettings
  /** Its counters' memory. */
  readonly lane: SharedArrayBuffer
  /** Whether other threads listen on the same ports. */
  readonly isOneOfSeveral: boolean
}

/** What it is told; each is answered with `done` and the same number. */
export type Order =
  | { readonly type: 'list'; readonly list: SharedList }
  | { readonly type: 'changes'; readonly changes: readonly ListChange[] }
  | { readonly type: 'keys'; readonly keys: readonly TelcoKey[] }
  | { readonly type: 'settings'; readonly settings: CheckSettings }
  | { readonly type: 'listen' }
  | { readonly type: 'drain'; readonly graceMs: number }

/** An order on its way. */
export type Numbered = Order & { readonly number: number }

/** A check that was answered with black or grey, its SIM as the wire form of a token. */
export interface WorkerHit {
  /** 14 digits. */
  readonly imei: string
  readonly imsi?: string
  readonly status: 'PROHIBITED' | 'TRACKING'
  readonly atMs: number
}

/** What it tells. */
export type Report =
  | { readonly type: 'done'; readonly number: number; readonly attached: readonly AttachedPhone[] }
  /** And how many more there were that repeated one of these. */
  | { readonly type: 'hits'; readonly hits: readonly WorkerHit[]; readonly repeated: number }
