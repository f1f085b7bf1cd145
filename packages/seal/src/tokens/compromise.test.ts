import { createCipheriv, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  beginSealing,
  combineKeys,
  deriveKey,
  type KeyPurpose,
  makeImeiToken,
  makeOwnerTag,
  makeSealingKey,
  makeToken,
  openImeiToken,
  openRecord,
  openShare,
  type RecordOwner,
  readSealedRecord,
  recordShare,
  sealRecord,
  unwrapTokens,
  wrapTokens,
} from '../index.ts'

/** What the registry has of one person: everything that a copy of its database gives. */
interface StoredRow {
  readonly subscription: Buffer
  readonly imsi: Buffer
  readonly imei: Buffer
  readonly ownerTag: number
  readonly sealed: Buffer
}

/** A custodian's whole machine: its master, and the key that records are sealed to. */
interface CustodianSecrets {
  readonly master: Buffer
  readonly sealingKey: KeyObject
}

/** Everything that somebody may have stolen beside the database. */
interface Loot {
  readonly telcoKey?: Buffer
  /** K_reg of the telco, and what else lies in the API's memory. */
  readonly registryKey?: Buffer
  readonly imeiKey?: Buffer
  readonly custodianA?: CustodianSecrets
  readonly custodianB?: CustodianSecrets
  /** Ed25519 keys, which sign and open nothing. */
  readonly logKey?: KeyObject
  readonly officerKey?: KeyObject
}

const telco = 'telco-a'
const [keyA, keyB] = [makeSealingKey(), makeSealingKey()]
const custodianA: CustodianSecrets = { master: randomBytes(32), sealingKey: keyA.privateKey }
const custodianB: CustodianSecrets = { master: randomBytes(32), sealingKey: keyB.privateKey }
const part = ({ master }: CustodianSecrets, purpose: KeyPurpose, owner = telco) =>
  deriveKey(master, { purpose, owner, epoch: 1 })
const secrets = {
  telcoKey: part(custodianA, 'telco'),
  registryKey: combineKeys([part(custodianA, 'registry'), part(custodianB, 'registry')]),
  imeiKey: combineKeys([part(custodianA, 'imei', '-'), part(custodianB, 'imei', '-')]),
  custodianA,
  custodianB,
  logKey: generateKeyPairSync('ed25519').privateKey,
  officerKey: generateKeyPairSync('ed25519').privateKey,
} as const satisfies Loot

const people = Array.from({ length: 10_000 }, (_, index) => ({
  msisdn: `6011${String(20_000_000 + index * 37)}`,
  imsi: `50212${String(index * 97).padStart(10, '0')}`,
  imei: String(35_000_000_000_000 + index * 13),
  nationalId: `mykad:9001011${String(40_000 + index)}`,
  name: `Invented Person ${index}`,
}))
let dump: readonly StoredRow[]

beforeAll(async () => {
  const custodians = [
    { name: 'custodian-a', epoch: 1, publicKey: keyA.publicKey },
    { name: 'custodian-b', epoch: 1, publicKey: keyB.publicKey },
  ]
  const batch = await beginSealing(custodians)
  const key = { epoch: 1, key: secrets.telcoKey }
  dump = people.map(({ msisdn, imsi, imei, nationalId, name }) => {
    const token = makeToken(key, 'msisdn', msisdn).bytes
    return {
      subscription: wrapTokens(secrets.registryKey, token),
      imsi: wrapTokens(secrets.registryKey, makeToken(key, 'imsi', imsi).bytes),
      imei: makeImeiToken(secrets.imeiKey, imei),
      ownerTag: makeOwnerTag(secrets.telcoKey, msisdn, nationalId),
      sealed: sealRecord(batch, { telco, token, epoch: 1 }, { name }) ?? Buffer.alloc(0),
    }
  })
})

/** What a thief with this loot has of each key: the key itself, or one derived from what they have. */
function keysOf(loot: Loot): { telcoKeys: Buffer[]; registryKeys: Buffer[]; imeiKeys: Buffer[] } {
  const { custodianA: a, custodianB: b } = loot
  const custodians = [a, b].filter((custodian) => custodian !== undefined)
  const derived = (purpose: KeyPurpose, owner = telco) => {
    const parts = custodians.map((custodian) => part(custodian, purpose, owner))
    return parts.length > 0 ? [...parts, combineKeys(parts)] : []
  }
  return {
    telcoKeys: [...(loot.telcoKey ? [loot.telcoKey] : []), ...derived('telco')],
    registryKeys: [...(loot.registryKey ? [loot.registryKey] : []), ...derived('registry')],
    imeiKeys: [...(loot.imeiKey ? [loot.imeiKey] : []), ...derived('imei', '-')],
  }
}

/**
 * The best that a thief can do with a copy of the database: number spaces are small, so they try every number there is.
 * Here they are even told which numbers there are. An owner tag alone fits ten people of 10,000 and names none.
 */
function countNumbers(loot: Loot): number {
  const { telcoKeys, registryKeys } = keysOf(loot)
  const stored = dump.map(({ subscription }) => subscription)
  const layers = [stored, ...registryKeys.map((key) => stored.map((token) => unwrapTokens(key, token)))]
  const seen = new Set(layers.flat().map((token) => token.toString('hex')))
  return people.filter(({ msisdn }) =>
    telcoKeys.some((key) => seen.has(makeToken({ epoch: 1, key }, 'msisdn', msisdn).bytes.toString('hex'))),
  ).length
}

function countPhones(loot: Loot): number {
  return dump.filter(({ imei }, index) =>
    keysOf(loot).imeiKeys.some((key) => {
      try {
        return openImeiToken(key, imei) === people[index]?.imei
      } catch {
        return false
      }
    }),
  ).length
}

/** Records opened with whatever shares the loot gives, the other custodians' guessed. Each is told its owner's token. */
async function countNames(loot: Loot, atMost = 200): Promise<number> {
  let found = 0
  for (const [index, { sealed, subscription }] of dump.slice(0, atMost).entries()) {
    const record = readSealedRecord(sealed)
    if (!record) throw new Error('a planted record is none')
    const token = unwrapTokens(secrets.registryKey, subscription)
    const owner: RecordOwner = { telco, token, epoch: 1 }
    const shares = await Promise.all(
      ([loot.custodianA, loot.custodianB] as const).map(async (custodian, place) => {
        const enc = record.encapsulations[place]?.enc ?? Buffer.alloc(32)
        if (!custodian) return recordShare(Buffer.alloc(32), owner)
        const name = place === 0 ? 'custodian-a' : 'custodian-b'
        return openShare({ name, privateKey: custodian.sealingKey }, enc, owner)
      }),
    )
    if (openRecord(record, owner, shares)?.name === people[index]?.name) found += 1
  }
  return found
}

const { telcoKey, registryKey, imeiKey, logKey, officerKey } = secrets
const apiMemory = { registryKey, imeiKey }

describe('a copy of the database', () => {
  test.each<[string, Loot]>([
    ['nothing else', {}],
    ['one telco key', { telcoKey }],
    ['K_reg', { registryKey }],
    ['K_imei', { imeiKey }],
    ['custodian A', { custodianA }],
    ['custodian B', { custodianB }],
    ['the API’s memory', apiMemory],
    ['the log’s key', { logKey }],
    ['one officer’s key', { officerKey }],
  ])('and %s alone identifies nobody of 10,000', async (_what, loot) => {
    expect(countNumbers(loot)).toBe(0)
    expect(await countNames(loot)).toBe(0)
  })

  test('gives up the phones to the API’s memory, and to nobody else alone', () => {
    expect(countPhones(apiMemory)).toBe(people.length)
    for (const loot of [{ telcoKey }, { registryKey }, { custodianA }, { custodianB }])
      expect(countPhones(loot)).toBe(0)
  })
})

describe('the pairs that must never meet', () => {
  test('a telco’s key and K_reg give everybody’s number', () => {
    expect(countNumbers({ telcoKey, registryKey })).toBe(people.length)
  })

  test('custodian A and the API’s memory give everybody’s number, and no name', async () => {
    expect(countNumbers({ custodianA, ...apiMemory })).toBe(people.length)
    expect(await countNames({ custodianA, ...apiMemory })).toBe(0)
  })

  test('both custodians give everything', async () => {
    expect(countNumbers({ custodianA, custodianB })).toBe(people.length)
    expect(countPhones({ custodianA, custodianB })).toBe(people.length)
    expect(await countNames({ custodianA, custodianB })).toBe(200)
  })
})

test('an owner tag is shared by some ten of 10,000: too short to give a document back', () => {
  const tags = new Map<number, number>()
  for (const { ownerTag } of dump) tags.set(ownerTag, (tags.get(ownerTag) ?? 0) + 1)
  expect(dump.length / tags.size).toBeGreaterThan(9)
})

test('the second layer is a block cipher: equal tokens stay equal under one key and differ under another', () => {
  const block = randomBytes(16)
  const by = (key: Buffer) => createCipheriv('aes-256-ecb', key, null).setAutoPadding(false).update(block)
  expect(wrapTokens(registryKey, block)).toEqual(by(registryKey))
  expect(wrapTokens(imeiKey, block)).not.toEqual(by(registryKey))
})
