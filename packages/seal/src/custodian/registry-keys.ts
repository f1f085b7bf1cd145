import { combineKeys } from '../keys.ts'
import { askCustodian, type CustodianCaller } from './client.ts'
import type { RegistryKeysAnswer } from './protocol.ts'

/** The registry's keys of every generation up to one. */
export interface CombinedRegistryKeys {
  /** Makes IMEI tokens. */
  readonly imei: Buffer
  readonly idempotency: Buffer
  /** Keys of the second layer, by telco, the first generation first. */
  readonly layers: readonly ReadonlyMap<string, Buffer>[]
}

/** The generation of token keys in use. */
export async function fetchTokenEpoch(main: CustodianCaller): Promise<number> {
  return (await askCustodian(main, 'registry_keys', { telcos: [] })).epoch
}

/** Gets the keys of every generation up to one from the custodians, each of which has a part of every key. */
export async function fetchCombinedKeys(
  custodians: readonly CustodianCaller[],
  telcos: readonly string[],
  epoch: number,
): Promise<CombinedRegistryKeys> {
  const generations = await Promise.all(
    Array.from({ length: epoch }, (_, place) =>
      Promise.all(
        custodians.map((custodian) => askCustodian(custodian, 'registry_keys', { telcos, epoch: place + 1 })),
      ),
    ),
  )
  const combined = (
    parts: readonly RegistryKeysAnswer[],
    partOf: (part: RegistryKeysAnswer) => string | undefined,
  ) => combineKeys(parts.map((part) => Buffer.from(partOf(part) ?? '', 'base64url')))
  const newest = generations.at(-1) ?? []
  return {
    imei: combined(newest, ({ imei }) => imei),
    idempotency: combined(newest, ({ idempotency }) => idempotency),
    layers: generations.map(
      (parts) => new Map(telcos.map((code) => [code, combined(parts, (part) => part.telcos[code])])),
    ),
  }
}
