import type { StoredChange } from './block-list.ts'
import type { StoredException } from './schema.ts'

/** A change as networks get it, and as the list's head is made of it. */
export type NetworkChange = {
  readonly seq: number
  readonly status: StoredChange['status']
  readonly atMs: number
  readonly reason?: StoredChange['reason'] & string
} & (
  | { readonly tacs: { readonly from: string; readonly to: string } }
  | {
      readonly imei: string
      readonly exceptions: readonly { readonly telcoId: number; readonly imsiToken: string }[]
    }
)

/**
 * A change as networks get it.
 * @param tokenOf a telco's own token, hex, of a SIM that is stored as a second-layer token
 */
export function networkChange(
  change: StoredChange,
  tokenOf: (exception: StoredException) => string,
): NetworkChange {
  const { seq, status, at, reason } = change
  const frame = { seq, status, atMs: at.getTime(), ...(reason && { reason }) }
  if ('tacs' in change) return { ...frame, tacs: change.tacs }
  const exceptions = change.exceptions.map((sim) => ({ telcoId: sim.telcoId, imsiToken: tokenOf(sim) }))
  return { ...frame, imei: change.imei, exceptions }
}
