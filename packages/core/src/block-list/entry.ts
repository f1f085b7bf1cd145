import type { BlockReason } from '../cases/reasons.ts'
import type { EquipmentStatus } from './status.ts'

/** What the list can say of a phone that is on it. */
export type ListedStatus = Exclude<EquipmentStatus, 'PERMITTED'>

/** A SIM that is let through on a listed phone. */
export interface LetThrough {
  readonly telcoId: number
  /** The SIM's stored token, hex. */
  readonly imsi: string
  /** Generation of the keys that the token was made with. */
  readonly epoch: number
}

/** How one case holds a phone on the list. */
export interface Hold {
  readonly status: ListedStatus
  readonly reason: BlockReason
  readonly exceptions: readonly LetThrough[]
}

/** What the list says of a phone that some case holds. */
export interface DerivedEntry {
  readonly status: ListedStatus
  readonly reason: BlockReason
  /** Each SIM once, in order of telco and token. */
  readonly exceptions: readonly LetThrough[]
}

/** Statuses, the strongest first: a phone that one case blocks is blocked, whoever else only watches it. */
const strongestFirst = ['PROHIBITED', 'TRACKING'] as const satisfies readonly ListedStatus[]

/** Reasons, in the order in which one is told where several cases hold a phone: a crime before an accident. */
const tellingFirst = ['stolen', 'fraud', 'lost', 'faulty'] as const satisfies readonly BlockReason[]

/**
 * Derives what the list says of a phone from all cases that hold it, and from nothing else: the strongest status, the
 * most telling reason of those that ask for it, and every SIM that any of them lets through.
 * @returns `undefined` where no case holds the phone: it is permitted
 */
export function deriveEntry(holds: readonly Hold[]): DerivedEntry | undefined {
  const status = strongestFirst.find((each) => holds.some((hold) => hold.status === each))
  if (status === undefined) return undefined
  const reasons = new Set(holds.filter((hold) => hold.status === status).map(({ reason }) => reason))
  const reason = tellingFirst.find((each) => reasons.has(each))
  if (reason === undefined) throw new RangeError('a reason has no place in the order of reasons')
  return { status, reason, exceptions: unionOf(holds.map(({ exceptions }) => exceptions)) }
}

/** Every SIM of these lists once, in order of telco and token: equal sets give equal lists. */
export function unionOf(lists: readonly (readonly LetThrough[])[]): readonly LetThrough[] {
  const bySim = new Map(lists.flat().map((sim) => [orderKey(sim), sim]))
  return [...bySim.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, sim]) => sim)
}

/** Whether two entries say the same; the order of exceptions is no difference. */
export function isSameEntry(a: DerivedEntry | undefined, b: DerivedEntry | undefined): boolean {
  if (a === undefined || b === undefined) return a === b
  const [left, right] = [unionOf([a.exceptions]), unionOf([b.exceptions])]
  return (
    a.status === b.status &&
    a.reason === b.reason &&
    left.length === right.length &&
    left.every((sim, place) => isSameSim(sim, right[place]))
  )
}

function isSameSim(a: LetThrough, b: LetThrough | undefined): boolean {
  return b !== undefined && a.telcoId === b.telcoId && a.imsi === b.imsi && a.epoch === b.epoch
}

function orderKey({ telcoId, imsi, epoch }: LetThrough): string {
  return `${String(telcoId).padStart(6, '0')} ${imsi} ${String(epoch).padStart(6, '0')}`
}
