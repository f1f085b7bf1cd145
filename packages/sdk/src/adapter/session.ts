import type { KeyObject } from 'node:crypto'
import { type HomeNetwork, parseTimeZone, type TimeZone } from '@pcbs/core'
import { askCustodian, openPolicy, policyFields, type SealedField, type TelcoKey } from '@pcbs/seal'
import { createRegistryClient, expectAnswer, type RegistryClient } from '../client/client.ts'
import { failureCode } from '../client/failure-code.ts'
import { patientPolicy, type RetryPolicy } from '../client/retry.ts'
import type { Sealing } from '../encoding/row-encoder.ts'
import { SdkError } from '../errors.ts'
import type { TelcoConfiguration } from './configuration.ts'

/** Signs a telco's process in at the registry. */
export async function connectRegistry(
  configuration: TelcoConfiguration,
  scopes: readonly string[],
  policy: RetryPolicy = patientPolicy,
): Promise<RegistryClient> {
  return createRegistryClient({ ...configuration, scopes }, policy)
}

/** Who asks the custodian for a telco's keys. */
type KeyHolder = Pick<TelcoConfiguration, 'custodianUrl' | 'clientId' | 'privateKey'>

/** Gets the telco's token key from the custodian; it stays in memory. */
export async function fetchTelcoKey(holder: KeyHolder): Promise<TelcoKey> {
  const [key] = await fetchTelcoKeys(holder)
  return key
}

/**
 * The key in use, and those before it, newest first: with them what was made earlier is recognised.
 * @throws {SdkError} `custodian-away` when the custodian does not answer, or refuses
 */
export async function fetchTelcoKeys({
  custodianUrl,
  clientId,
  privateKey,
}: KeyHolder): Promise<readonly [TelcoKey, ...TelcoKey[]]> {
  const caller = { url: custodianUrl, callerId: clientId, privateKey }
  const { former, ...current } = await askCustodian(caller, 'telco_key', {}).catch((cause: unknown) => {
    throw new SdkError('custodian-away', `${failureCode(cause)}.`, { cause })
  })
  const toKey = ({ epoch, key }: typeof current) => ({ epoch, key: Buffer.from(key, 'base64url') })
  return [toKey(current), ...former.map(toKey)]
}

/** What an adapter needs to know of the collection policy. */
export interface PolicyInForce {
  readonly version: number
  /** Whose numbers and SIMs are home ones, whatever the adapter's configuration says. */
  readonly home: HomeNetwork
  /** Whose days are counted. */
  readonly timeZone: TimeZone
  /** What leaves the telco sealed; absent where nothing does. */
  readonly sealing: Sealing | undefined
}

/**
 * Reads the collection policy in force and holds it to the custodian's signature.
 * @throws {SdkError} `policy-invalid` when it is not signed, or asks for a form that this version does not make
 */
export async function readPolicy(
  client: RegistryClient,
  { telco, listRoot }: { readonly telco: string; readonly listRoot: KeyObject },
): Promise<PolicyInForce> {
  const signed = expectAnswer(await client.GET('/v1/collection-policy'))
  const policy = openPolicy(signed, listRoot)
  if (!policy) throw new SdkError('policy-invalid', 'Nothing was sent.')
  const { version, nation, forms, custodians } = policy
  const timeZone = parseTimeZone(nation?.timeZone ?? '')
  if (!nation || !timeZone.ok)
    throw new SdkError('policy-invalid', 'It names no time zone that exists. Nothing was sent.')
  // Whatever a policy can have sealed is a field of sealed records.
  const fields = policyFields.filter((field) => forms[field] === 'sealed') as readonly SealedField[]
  // A policy's country is two capital letters; numbers of one that libphonenumber does not know are all foreign.
  const home: HomeNetwork = { country: nation.country as HomeNetwork['country'], mccs: nation.mccs }
  return {
    version,
    home,
    timeZone: timeZone.value,
    sealing: fields.length > 0 ? { telco, fields, custodians } : undefined,
  }
}
