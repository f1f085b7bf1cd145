import { fetchTokenEpoch } from '@pcbs/seal'
import { listTelcos, type RegistryDb, type Telco } from '@pcbs/store'
import type { Custodians } from './custodians.ts'
import { fetchRegistryKeys, type RegistryKeys } from './keys.ts'
import { loadPolicies, type Policies } from './policy/policies.ts'

/** Who takes part, with the keys for all of them. */
export interface Participants {
  readonly telcos: readonly Telco[]
  readonly keys: RegistryKeys
  readonly policies: Policies
}

/**
 * Reads the telcos and policies, and gets keys anew when a telco has joined or another generation is in use.
 * @param onCustodianAway told where what is known goes on without a custodian
 */
export async function loadParticipants(
  db: RegistryDb,
  custodians: Custodians,
  known?: Participants,
  onCustodianAway: (error: unknown) => void = () => {},
): Promise<Participants> {
  const [telcos, policies] = await Promise.all([listTelcos(db), loadPolicies(db)])
  const codes = new Set(known?.telcos.map(({ code }) => code))
  const isKnown = ({ code }: Telco) => codes.has(code)
  try {
    const epoch = await fetchTokenEpoch(custodians.main)
    if (known?.keys.epoch === epoch && telcos.every(isKnown)) return { telcos, policies, keys: known.keys }
    return { telcos, policies, keys: await fetchRegistryKeys(custodians, telcos, epoch) }
  } catch (error) {
    // With a custodian away, what is known goes on, and who joins waits.
    if (!known) throw error
    onCustodianAway(error)
    return { telcos: telcos.filter(isKnown), policies, keys: known.keys }
  }
}
