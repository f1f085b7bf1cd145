import { decideVerdict, type EquipmentStatus, type Imei14, type Verdict } from '@pcbs/core'
import type { ListEntry } from '@pcbs/seal'
import { PhoneTable } from './phone-table.ts'

/** Changes gathered beside the table before it is built anew. */
const overlayLimit = 100_000

/** Makes this telco's tokens of an IMSI, one of each generation of keys, in hex; `undefined` while no key has arrived. */
export type ImsiTokenizer = ((imsi: string) => readonly string[]) | undefined

/**
 * The block list in memory, answering checks: a table built once for the bulk, an overlay for what changed
 * since, and the SIMs that are let through by name.
 */
export class EdgeList {
  #table = new PhoneTable(0)
  readonly #overlay = new Map<number, EquipmentStatus>()
  readonly #exceptions = new Map<number, ReadonlySet<string>>()

  /** Replaces everything. */
  replace(entries: Iterable<ListEntry>, count: number): void {
    const table = new PhoneTable(count)
    this.#overlay.clear()
    this.#exceptions.clear()
    for (const { imei, status, exceptions } of entries) {
      const key = Number(imei)
      if (status === 'PERMITTED') continue
      table.set(key, status)
      this.#setExceptions(key, exceptions)
    }
    this.#table = table
  }

  /** Applies one change. */
  apply({ imei, status, exceptions }: ListEntry): void {
    const key = Number(imei)
    this.#overlay.set(key, status)
    this.#setExceptions(key, status === 'PERMITTED' ? [] : exceptions)
    if (this.#overlay.size > overlayLimit) this.#rebuild()
  }

  /** What the list says of a phone with a SIM. A SIM that was not told cannot be an exception. */
  check(imei: Imei14, imsi: string | undefined, tokenize: ImsiTokenizer): Verdict {
    const key = Number(imei)
    const exact = this.#overlay.get(key) ?? this.#table.get(key)
    // PERMITTED in the overlay takes an entry of the table off the list.
    if (exact === undefined || exact === 'PERMITTED')
      return decideVerdict({ isPairAllowed: false, exact: undefined, tacRange: undefined })
    const isPairAllowed = imsi !== undefined && this.#isAllowed(key, imsi, tokenize)
    return decideVerdict({ isPairAllowed, exact, tacRange: undefined })
  }

  /** How many phones are listed. */
  get size(): number {
    let size = this.#table.size
    for (const [key, status] of this.#overlay) {
      const isInTable = this.#table.get(key) !== undefined
      if (status === 'PERMITTED' && isInTable) size -= 1
      if (status !== 'PERMITTED' && !isInTable) size += 1
    }
    return size
  }

  /** Everything listed, in no order. */
  *entries(): IterableIterator<ListEntry> {
    for (const [key, status] of this.#table.entries())
      if (!this.#overlay.has(key)) yield this.#entry(key, status)
    for (const [key, status] of this.#overlay) if (status !== 'PERMITTED') yield this.#entry(key, status)
  }

  #isAllowed(key: number, imsi: string, tokenize: ImsiTokenizer): boolean {
    const allowed = this.#exceptions.get(key)
    if (!allowed) return false
    // Without the key nobody can tell the rightful owner from the clones: the owner is not locked out.
    return tokenize === undefined || tokenize(imsi).some((token) => allowed.has(token))
  }

  #setExceptions(key: number, exceptions: ListEntry['exceptions']): void {
    if (exceptions.length > 0)
      this.#exceptions.set(key, new Set(exceptions.map(({ imsiToken }) => imsiToken)))
    else this.#exceptions.delete(key)
  }

  #entry(key: number, status: EquipmentStatus): ListEntry {
    const tokens = this.#exceptions.get(key) ?? []
    // Which telco an exception is for does not matter here: only our own key makes a token that matches.
    const exceptions = [...tokens].map((imsiToken) => ({ telcoId: 0, imsiToken }))
    return { imei: String(key).padStart(14, '0'), status, exceptions }
  }

  #rebuild(): void {
    const table = new PhoneTable(this.size)
    for (const { imei, status } of this.entries()) if (status !== 'PERMITTED') table.set(Number(imei), status)
    this.#table = table
    this.#overlay.clear()
  }
}
