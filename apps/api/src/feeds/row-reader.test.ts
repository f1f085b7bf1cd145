import { findUnblockable, parseDay, parseNetworkImei } from '@pcbs/core'
import { beginSealing, encodeToken, makeSealingKey, sealRecord } from '@pcbs/seal'
import vectors from '@pcbs/seal/vectors/feed-part.json' with { type: 'json' }
import { dayNumber } from '@pcbs/store'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RowBatch } from './row-batch.ts'
import { RowReader, type RowRules } from './row-reader.ts'

const rules: RowRules = {
  kind: 'pairings',
  periodFrom: '2026-01-01',
  periodTo: '2026-12-31',
  epoch: 3,
  isDelta: true,
  sealingEpochs: [],
}
const key = Buffer.alloc(32, 1)

function read(
  line: string,
  kind: RowRules['kind'] = 'pairings',
  { sealingEpochs = [], epoch = rules.epoch }: Partial<RowRules> = {},
) {
  const batch = new RowBatch({ kind, part: 1, layerKey: key, imeiKey: key })
  const reader = new RowReader({ ...rules, kind, sealingEpochs, epoch }, batch)
  const bytes = Buffer.from(`before\n${line}\nafter`)
  return { fault: reader.read(bytes, 7, bytes.length - 6), batch, reader }
}

const token = (kind: 'imsi' | 'msisdn', epoch = 3) =>
  fc
    .uint8Array({ minLength: 16, maxLength: 16 })
    .map((bytes) => encodeToken({ kind, epoch, bytes: Buffer.from(bytes) }))
const digits = (length: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: length, maxLength: length })
const imei = fc.oneof(
  fc.integer({ min: 12, max: 18 }).chain(digits),
  digits(15).map((text) => `imei-${text}`),
  fc.string({ unit: fc.constantFrom(...'0123456789-x.imesv'), maxLength: 22 }),
)
const day = fc.oneof(
  fc
    .date({ min: new Date('2026-01-01'), max: new Date('2026-12-31'), noInvalidDate: true })
    .map((date) => date.toISOString().slice(0, 10)),
  fc
    .tuple(fc.integer({ min: 0, max: 19 }), fc.integer({ min: 0, max: 39 }))
    .map(([month, date]) => `2026-${String(month).padStart(2, '0')}-${String(date).padStart(2, '0')}`),
  digits(8),
  fc.string({ unit: fc.constantFrom(...'0123456789-/:'), maxLength: 11 }),
)
const line = (parts: readonly string[]) => parts.join(',')

test('an IMEI is taken exactly when core takes it, and is the same IMEI', () => {
  fc.assert(
    fc.property(imei, token('imsi'), token('msisdn'), (text, imsi, subscription) => {
      const { fault, batch } = read(
        line(['+', text, imsi, subscription, '2026-02-01', '2026-02-02', 'H', '']),
      )
      const parsed = parseNetworkImei(text)
      expect(fault?.code).toBe(parsed.ok ? undefined : parsed.failure)
      if (parsed.ok) expect(batch.tokens[0]?.toString('latin1', 0, 16)).toBe(`\u0001${parsed.value}\0`)
    }),
  )
})

test('a day is taken exactly when core takes it, and is the same day', () => {
  fc.assert(
    fc.property(day, token('imsi'), token('msisdn'), (text, imsi, subscription) => {
      const { fault, batch } = read(line(['-', '35000000000001', imsi, subscription, text, text, 'F', '']))
      const parsed = parseDay(text)
      expect(fault?.code).toBe(parsed.ok ? undefined : parsed.failure)
      if (parsed.ok) expect(batch.lastSeen[0]).toBe(dayNumber(parsed.value))
    }),
  )
})

test('only tokens of the right kind and epoch pass where a token belongs', () => {
  const notToken = fc.oneof(
    digits(12),
    digits(24),
    token('msisdn'),
    token('imsi', 2),
    fc.string({ maxLength: 30 }),
  )
  fc.assert(
    fc.property(notToken, token('msisdn'), (text, subscription) => {
      const { fault, batch } = read(
        line(['+', '35000000000001', text, subscription, '2026-02-01', '2026-02-02', 'H', '']),
      )
      expect(fault).toBeDefined()
      expect(batch.count).toBe(0)
    }),
  )
})

test('no line, whatever it holds, is more than taken or rejected', () => {
  const noise = fc.string({ unit: fc.constantFrom(...'+-!,0123456789HFabc|\u00ff '), maxLength: 600 })
  fc.assert(
    fc.property(noise, fc.constantFrom('pairings', 'subscribers'), (text, kind) => {
      const { fault, batch } = read(text, kind)
      expect(fault === undefined ? 1 : 0).toBe(batch.count)
    }),
  )
})

test('a good row keeps what it says', () => {
  const { fault, batch, reader } = read(
    line([
      '+',
      '350000000000019',
      encodeToken({ kind: 'imsi', epoch: 3, bytes: Buffer.alloc(16, 5) }),
      encodeToken({ kind: 'msisdn', epoch: 3, bytes: Buffer.alloc(16, 6) }),
      '2026-02-01',
      '2026-02-03',
      'F',
      '006|051',
    ]),
  )
  expect(fault).toBeUndefined()
  expect(batch.rats[0]).toBe('006|051')
  expect([batch.firstSeen[0], batch.lastSeen[0]]).toEqual([dayNumber('2026-02-01'), dayNumber('2026-02-03')])
  expect(batch.tokens.slice(1).map((column) => column.subarray(0, 16))).toEqual([
    Buffer.alloc(16, 5),
    Buffer.alloc(16, 6),
  ])
  expect(reader).toMatchObject({ foreignImsis: 1, foreignMsisdns: 0, zeroSuspects: 0, unblockableImeis: 0 })
})

test('a person’s data in clear is refused in every field, whatever the policy, 10,000 times', () => {
  const digit = (length: number) =>
    fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: length, maxLength: length })
  const personal = fc.oneof(
    digit(8).map((rest) => `6012${rest}`),
    digit(10).map((rest) => `50212${rest}`),
    digit(6).map((rest) => `900101${rest}`),
    digit(4).map((rest) => `900101-14-${rest}`),
    fc.stringMatching(/^[A-Z][a-z]{2,9} (?:bin|binti|a\/l) [A-Z][a-z]{2,9}$/),
  )
  const [imsi, msisdn] = (['imsi', 'msisdn'] as const).map((kind) =>
    encodeToken({ kind, epoch: 3, bytes: Buffer.alloc(16, 7) }),
  ) as [string, string]
  const lines = {
    pairings: ['+', '35000000000001', imsi, msisdn, '2026-02-01', '2026-02-02', 'H', ''],
    subscribers: ['+', msisdn, '7'],
    sealing: ['+', msisdn, '7', ''],
  }
  fc.assert(
    fc.property(
      personal,
      fc.constantFrom('pairings', 'subscribers', 'sealing'),
      fc.nat(8),
      fc.boolean(),
      (value, shape, place, isAdded) => {
        const fields: string[] = [...lines[shape]]
        const at = 1 + (place % (fields.length - (isAdded ? 0 : 1)))
        // The one field that holds digits in clear: what looks like an IMEI cannot be told from one.
        if (shape === 'pairings' && at === 1 && !isAdded) return
        fields.splice(at, isAdded ? 0 : 1, value)
        const kind = shape === 'pairings' ? 'pairings' : 'subscribers'
        const { fault, batch } = read(line(fields), kind, { sealingEpochs: shape === 'sealing' ? [1] : [] })
        expect(fault).toBeDefined()
        expect(JSON.stringify(fault)).not.toContain(value)
        expect(batch.count).toBe(0)
      },
    ),
    { numRuns: 10_000 },
  )
})

test('a sealed record is taken under the policy that asks for it, to its custodians, of this epoch', async () => {
  const custodian = { name: 'custodian-a', epoch: 2, publicKey: makeSealingKey().publicKey }
  const bytes = Buffer.alloc(16, 7)
  const seal = async (epoch: number) =>
    sealRecord(
      await beginSealing([custodian]),
      { telco: 'telco-a', token: bytes, epoch },
      { name: 'Invented' },
    )
  const [good, stale] = [await seal(3), await seal(2)]
  const subscription = encodeToken({ kind: 'msisdn', epoch: 3, bytes })
  const outcome = (record: Buffer | undefined, epochs: readonly number[]) =>
    read(line(['+', subscription, '7H', record?.toString('base64url') ?? '']), 'subscribers', {
      sealingEpochs: epochs,
    })
  expect(outcome(good, [2]).fault).toBeUndefined()
  expect(outcome(good, [2]).batch.sealed[0]).toEqual(good)
  expect(outcome(undefined, [2]).fault).toBeUndefined()
  expect(outcome(good, []).fault?.code).toBe('column-count')
  expect(outcome(good, [1]).fault?.code).toBe('sealed-format')
  expect(outcome(good, [2, 1]).fault?.code).toBe('sealed-format')
  expect(outcome(stale, [2]).fault?.code).toBe('sealed-format')
})

test.each(vectors.pairings)(
  'a pairing’s line is counted for what it says: $line',
  ({ line, isHomeImsi, isHomeMsisdn, mayLackZero }) => {
    const { fault, reader } = read(line, 'pairings', { epoch: 1 })
    expect(fault).toBeUndefined()
    expect(reader).toMatchObject({
      foreignImsis: isHomeImsi ? 0 : 1,
      foreignMsisdns: isHomeMsisdn === false ? 1 : 0,
      zeroSuspects: mayLackZero ? 1 : 0,
    })
  },
)

test.each(vectors.subscribers)(
  'a subscription’s line is counted for what it says: $line',
  ({ line, ownerTag, isHomeMsisdn }) => {
    const { fault, batch, reader } = read(line, 'subscribers', { epoch: 1 })
    expect(fault).toBeUndefined()
    expect(batch.ownerTags[0]).toBe(ownerTag)
    expect(reader.foreignMsisdns).toBe(isHomeMsisdn === false ? 1 : 0)
  },
)

test('a line with other letters than the format’s is refused and counted for nothing', () => {
  const lines = [
    ...vectors.notPairings.map((text) => ['pairings', text] as const),
    ...vectors.notSubscribers.map((text) => ['subscribers', text] as const),
  ]
  for (const [kind, text] of lines) {
    const { fault, reader } = read(text, kind, { epoch: 1 })
    expect(fault).toBeDefined()
    expect(reader).toMatchObject({ foreignImsis: 0, foreignMsisdns: 0, zeroSuspects: 0 })
  }
})

test('a row’s IMEI is counted as unblockable exactly when core’s table has it', () => {
  const known = ['00000000000000', '35867301379589', '11345679894545', '86000000000000', '12121212121212']
  fc.assert(
    fc.property(fc.oneof(digits(14), fc.constantFrom(...known)), digits(2), (identity, end) => {
      const imsi = encodeToken({ kind: 'imsi', epoch: 3, bytes: Buffer.alloc(16, 5) })
      const msisdn = encodeToken({ kind: 'msisdn', epoch: 3, bytes: Buffer.alloc(16, 6) })
      const { reader } = read(line(['+', identity + end, imsi, msisdn, '2026-02-01', '2026-02-02', 'HH', '']))
      const imei = parseNetworkImei(identity)
      expect(reader.unblockableImeis).toBe(imei.ok && findUnblockable(imei.value) ? 1 : 0)
    }),
  )
})
