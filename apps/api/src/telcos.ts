import { listTelcos, type RegistryDb, type Telco } from '@pcbs/store'
import type { Custodians } from './custodians.ts'
import { fetchRegistryKeys, fetchTokenEpoch, type RegistryKeys } from './keys.ts'
import { loadPolicies, type Policies } from './policy/policies.ts'

/** Who takes part, with the keys for all of them. */
export interface Participants {
  readonly telcos: readonly Telco[]
  readonly keys: RegistryKeys
  readonly policies: Policies
}

/** Reads the telcos and policies, and gets keys anew when a telco has joined or another generation is in use. */
export async function loadParticipants(
  db: RegistryDb,
  custodians: Custodians,
  known: Participants | undefined,
): Promise<Participants> {
  const telcos = await listTelcos(db)
  // With the custodian away, what is known goes on.
  const epoch = await fetchTokenEpoch(custodians).catch((error: unknown) => {
    if (known) return known.keys.epoch
    throw error
  })
  const codes = new Set(known?.telcos.map(({ code }) => code))
  const isKnown = known?.keys.epoch === epoch && telcos.every(({ code }) => codes.has(code))
  return {
    telcos,
    policies: await loadPolicies(db),
    keys: isKnown ? known.keys : await fetchRegistryKeys(custodians, telcos, epoch),
  }
}
