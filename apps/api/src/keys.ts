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

/** The generation of token keys in use. */
export async function fetchTokenEpoch({ main }: Custodians): Promise<number> {
  return (await askCustodian(main, 'registry_keys', { telcos: [] })).epoch
}

/** Gets the keys of every generation up to one from the custodians, each of which has a part of every key. */
export async function fetchRegistryKeys(
  { sealing }: Custodians,
  telcos: readonly Telco[],
  epoch: number,
): Promise<RegistryKeys> {
  const codes = telcos.map(({ code }) => code)
  const generations = await Promise.all(
    Array.from({ length: epoch }, (_, place) =>
      Promise.all(
        sealing.map((custodian) =>
          askCustodian(custodian, 'registry_keys', { telcos: codes, epoch: place + 1 }),
        ),
      ),
    ),
  )
  const combined = (
    parts: readonly RegistryKeysAnswer[],
    partOf: (part: RegistryKeysAnswer) => string | undefined,
  ) => combineKeys(parts.map((part) => Buffer.from(partOf(part) ?? '', 'base64url')))
  const newest = generations.at(-1) ?? []
  const imeiKey = combined(newest, ({ imei }) => imei)
  const idempotencyKey = combined(newest, ({ idempotency }) => idempotency)
  const layers = generations.map(
    (parts) => new Map(codes.map((code) => [code, combined(parts, (part) => part.telcos[code])])),
  )

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
      createHmac('sha256', idempotencyKey)
        .update(`${operation}\0${JSON.stringify(body)}`)
        .digest(),
  }
}

/** The 15 digits of a stored IMEI. */
export function printedImei(keys: RegistryKeys, token: Uint8Array): string {
  return formatImei15(keys.openImei(token))
}
