import { createHmac } from 'node:crypto'
import { formatImei15, type Imei14, parseNetworkImei } from '@pcbs/core'
import {
  askCustodian,
  combineKeys,
  makeImeiToken,
  openImeiToken,
  type RegistryKeysAnswer,
  type Token,
  unwrapTokens,
  wrapTokens,
} from '@pcbs/seal'
import type { Telco } from '@pcbs/store'
import type { Custodians } from './custodians.ts'

/** The registry's keys, in memory alone, and what is done with them. */
export interface RegistryKeys {
  readonly epoch: number
  /** The stored form of one IMEI. */
  imeiToken(imei: Imei14): Buffer
  /** The IMEI of a stored form. */
  openImei(token: Uint8Array): Imei14
  /** The key of a telco's second layer, for whole batches. */
  layerKey(telco: Telco): Buffer
  /** The key that makes IMEI tokens, for whole batches. */
  readonly imeiKey: Buffer
  /** The stored form of one token. */
  wrap(telco: Telco, token: Token): Buffer
  /** A telco's own token from its stored form. */
  unwrap(telco: Telco, wrapped: Uint8Array): Buffer
  /** A keyed digest of a request. */
  requestMac(operation: string, body: unknown): Buffer
}

/** Gets the keys from the custodians, each of which has a part of every key. */
export async function fetchRegistryKeys(
  { main, sealing }: Custodians,
  telcos: readonly Telco[],
): Promise<RegistryKeys> {
  const codes = telcos.map(({ code }) => code)
  const parts = await Promise.all(
    sealing.map((custodian) => askCustodian(custodian, 'registry_keys', { telcos: codes })),
  )
  const { epoch } = await askCustodian(main, 'registry_keys', { telcos: [] })
  const combined = (partOf: (part: RegistryKeysAnswer) => string | undefined) =>
    combineKeys(parts.map((part) => Buffer.from(partOf(part) ?? '', 'base64url')))
  const imeiKey = combined(({ imei }) => imei)
  const idempotencyKey = combined(({ idempotency }) => idempotency)
  const layers = new Map(codes.map((code) => [code, combined((part) => part.telcos[code])]))

  function layerKey({ code }: Telco): Buffer {
    const key = layers.get(code)
    if (!key) throw new Error('the custodian gave no key for a telco')
    return key
  }

  return {
    epoch,
    imeiKey,
    layerKey,
    imeiToken: (imei) => makeImeiToken(imeiKey, imei),
    openImei: (token) => {
      const imei = parseNetworkImei(openImeiToken(imeiKey, token))
      if (!imei.ok) throw new Error('an IMEI token holds no IMEI')
      return imei.value
    },
    wrap: (telco, { bytes }) => wrapTokens(layerKey(telco), bytes),
    unwrap: (telco, wrapped) => unwrapTokens(layerKey(telco), wrapped),
    requestMac: (operation, body) =>
      createHmac('sha256', idempotencyKey)
        .update(`${operation}\0${JSON.stringify(body)}`)
        .digest(),
  }
}

/** The 15 digits of a stored IMEI. */
export function printedImei(keys: RegistryKeys, token: Uint8Array): string {
  return formatImei15(keys.openImei(token))
}
