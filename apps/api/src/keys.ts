import { createHmac } from 'node:crypto'
import { formatImei15, type Imei14, parseNetworkImei } from '@pcbs/core'
import {
  fetchCombinedKeys,
  makeImeiToken,
  openImeiToken,
  type Token,
  unwrapTokens,
  wrapTokens,
} from '@pcbs/seal'
import type { Telco } from '@pcbs/store'
import type { Custodians } from './custodians.ts'

/** The registry's keys, in memory alone, and what is done with them. */
export interface RegistryKeys {
  /** The generation of token keys in use; tokens of those before are known too. */
  readonly epoch: number
  /** The stored form of one IMEI. */
  imeiToken(imei: Imei14): Buffer
  /** The IMEI of a stored form. */
  openImei(token: Uint8Array): Imei14
  /** The key of a telco's second layer in a generation, for whole batches. */
  layerKey(telco: Telco, epoch: number): Buffer
  /** The key that makes IMEI tokens, for whole batches. */
  readonly imeiKey: Buffer
  /** The stored form of one token. */
  wrap(telco: Telco, token: Token): Buffer
  /** A telco's own token, of a generation, from its stored form. */
  unwrap(telco: Telco, wrapped: Uint8Array, epoch: number): Buffer
  /** A keyed digest of a request. */
  requestMac(operation: string, body: unknown): Buffer
}

/** Gets the keys of every generation up to one from the custodians, each of which has a part of every key. */
export async function fetchRegistryKeys(
  { sealing }: Custodians,
  telcos: readonly Telco[],
  epoch: number,
): Promise<RegistryKeys> {
  const codes = telcos.map(({ code }) => code)
  const { imei: imeiKey, idempotency, layers } = await fetchCombinedKeys(sealing, codes, epoch)

  function layerKey({ code }: Telco, of: number): Buffer {
    const key = layers[of - 1]?.get(code)
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
    wrap: (telco, token) => wrapTokens(layerKey(telco, token.epoch), token.bytes),
    unwrap: (telco, wrapped, of) => unwrapTokens(layerKey(telco, of), wrapped),
    requestMac: (operation, body) =>
      createHmac('sha256', idempotency)
        .update(`${operation}\0${JSON.stringify(body)}`)
        .digest(),
  }
}

/** The 15 digits of a stored IMEI. */
export function printedImei(keys: RegistryKeys, token: Uint8Array): string {
  return formatImei15(keys.openImei(token))
}
