import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import {
  deriveKey,
  makeImeiToken,
  makeOwnerTag,
  makeToken,
  openImeiToken,
  type TelcoKey,
  unwrapTokens,
  wrapTokens,
} from '../index.ts'

/** What the registry has of one person: everything that a copy of its database gives. */
interface StoredRow {
  readonly subscription: Buffer
  readonly imsi: Buffer
  readonly imei: Buffer
  readonly ownerTag: number
}

const master = randomBytes(32)
const secrets = {
  telco: deriveKey(master, { purpose: 'telco', owner: 'telco-a', epoch: 1 }),
  registry: deriveKey(master, { purpose: 'registry', owner: 'telco-a', epoch: 1 }),
  imei: deriveKey(master, { purpose: 'imei', owner: '-', epoch: 1 }),
}
const telcoKey: TelcoKey = { epoch: 1, key: secrets.telco }

const people = Array.from({ length: 10_000 }, (_, index) => ({
  msisdn: `6011${String(20_000_000 + index * 37)}`,
  imsi: `50212${String(index * 97).padStart(10, '0')}`,
  imei: String(35_000_000_000_000 + index * 13),
  nationalId: `mykad:9001011${String(40_000 + index)}`,
}))
const dump: readonly StoredRow[] = people.map(({ msisdn, imsi, imei, nationalId }) => ({
  subscription: wrapTokens(secrets.registry, makeToken(telcoKey, 'msisdn', msisdn).bytes),
  imsi: wrapTokens(secrets.registry, makeToken(telcoKey, 'imsi', imsi).bytes),
  imei: makeImeiToken(secrets.imei, imei),
  ownerTag: makeOwnerTag(secrets.telco, msisdn, nationalId),
}))

type Secrets = Partial<typeof secrets>

/**
 * The best that a thief can do with a copy of the database and these keys: number spaces are small, so they try every
 * number there is. Here they are even told which numbers there are.
 */
function countIdentified({ telco, registry }: Secrets): number {
  const seen = new Set(
    dump.map(({ subscription }) =>
      (registry ? unwrapTokens(registry, subscription) : subscription).toString('hex'),
    ),
  )
  const tokenOf = (msisdn: string) =>
    telco
      ? makeToken({ epoch: 1, key: telco }, 'msisdn', msisdn).bytes
      : makeToken({ epoch: 1, key: Buffer.alloc(32) }, 'msisdn', msisdn).bytes
  return people.filter(({ msisdn }) => seen.has(tokenOf(msisdn).toString('hex'))).length
}

function countOpenedImeis(key: Buffer): number {
  return dump.filter(({ imei }, index) => {
    try {
      return openImeiToken(key, imei) === people[index]?.imei
    } catch {
      return false
    }
  }).length
}

test('a copy of the database with any one key identifies nobody of 10,000', () => {
  const { telco, registry, imei } = secrets
  for (const stolen of [{}, { telco }, { registry }, { imei }, { registry, imei }])
    expect(countIdentified(stolen)).toBe(0)
})

test('a telco’s key together with the registry’s identifies everybody: the pair that must never meet', () => {
  expect(countIdentified({ telco: secrets.telco, registry: secrets.registry })).toBe(people.length)
})

test('phones are opened by their own key alone', () => {
  expect(countOpenedImeis(secrets.imei)).toBe(people.length)
  for (const key of [secrets.telco, secrets.registry, randomBytes(32)]) expect(countOpenedImeis(key)).toBe(0)
})
