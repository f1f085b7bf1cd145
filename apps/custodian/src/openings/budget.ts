import { readFile } from 'node:fs/promises'
import type { Budget } from '../ledger.ts'

/** Openings of a day: what leaked once were 46 million records. */
export const openingBudget: Budget = { perOfficer: 20, inAll: 200 }

/** No order raises it further. */
export const highestBudget = 900

/** An order of the authority that raises the budget for some days. */
export interface BudgetOrder {
  /** First and last day, ISO. */
  readonly from: string
  readonly to: string
  readonly openingsPerDay: number
  /** Where the order is filed. */
  readonly reference: string
}

/** The budget in force: an order that is none, or not of today, raises nothing. */
export function decideBudget(order: Partial<BudgetOrder> | undefined, nowMs: number): Budget {
  const today = new Date(nowMs).toISOString().slice(0, 10)
  const { from, to, openingsPerDay = 0, reference } = order ?? {}
  const isInForce =
    from !== undefined && to !== undefined && Boolean(reference) && from <= today && today <= to
  if (!isInForce || !Number.isSafeInteger(openingsPerDay)) return openingBudget
  return { ...openingBudget, inAll: Math.min(highestBudget, Math.max(openingBudget.inAll, openingsPerDay)) }
}

/** Reads the order, where there is one that can be read. */
export async function readOrder(path: string | undefined): Promise<Partial<BudgetOrder> | undefined> {
  if (path === undefined) return undefined
  try {
    const order: unknown = JSON.parse(await readFile(path, 'utf8'))
    return order === null ? undefined : (order as Partial<BudgetOrder>)
  } catch {
    return undefined
  }
}
