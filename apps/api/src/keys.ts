import { createHmac } from 'node:crypto'
import { formatImei15, type Imei14, parseNetworkImei } from '@pcbs/core'
import {
  askCustodian,
  type CustodianCaller,
  makeImeiToken,
  openImeiToken,
  type Token,
  unwrapTokens,
  wrapTokens,
} from '@pcbs/seal'
import type { Telco } from '@pcbs/store'

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

/** Gets the keys from the custodian. */
export async function fetchRegistryKeys(
  caller: CustodianCaller,
  telcos: readonly Telco[],
): Promise<RegistryKeys> {
  const answer = await askCustodian(caller, 'registry_keys', { telcos: telcos.map(({ code }) => code) })
  const imeiKey = Buffer.from(answer.imei, 'base64url')
  const idempotencyKey = Buffer.from(answer.idempotency, 'base64url')
  const layers = new Map(
    Object.entries(answer.telcos).map(([code, key]) => [code, Buffer.from(key, 'base64url')]),
  )

  function layerKey({ code }: Telco): Buffer {
    const key = layers.get(code)
    if (!key) throw new Error('the custodian gave no key for a telco')
    return key
  }

  return {
    epoch: answer.epoch,
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
