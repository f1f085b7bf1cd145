import { askCustodian, type TelcoKey } from '@pcbs/seal'
import { createRegistryClient, expectAnswer, type RegistryClient } from '../client/client.ts'
import { patientPolicy, type RetryPolicy } from '../client/retry.ts'
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

/** Gets the telco's token key from the custodian; it stays in memory. */
export async function fetchTelcoKey({
  custodianUrl,
  clientId,
  privateKey,
}: Pick<TelcoConfiguration, 'custodianUrl' | 'clientId' | 'privateKey'>): Promise<TelcoKey> {
  const { epoch, key } = await askCustodian(
    { url: custodianUrl, callerId: clientId, privateKey },
    'telco_key',
    {},
  )
  return { epoch, key: Buffer.from(key, 'base64url') }
}

/** The form in which this version of the kit can send each field. */
const knownForms = {
  msisdn: 'token',
  imsi: 'token',
  nationalId: 'tag',
  name: 'none',
  address: 'none',
} as const

/**
 * Reads the collection policy in force; gives its version.
 * @throws {SdkError} `policy-unknown` when it asks for anything in a form that this version does not make
 */
export async function checkPolicy(client: RegistryClient): Promise<number> {
  const { version, fields } = expectAnswer(await client.GET('/v1/collection-policy'))
  for (const [field, form] of Object.entries(fields)) {
    const known: string = (knownForms as Record<string, string>)[field] ?? 'none'
    if (form !== known)
      throw new SdkError('policy-unknown', `${field} as ${form}; this version sends it as ${known}.`)
  }
  return version
}
