import { parseDay, parseNetworkImei } from '@pcbs/core'
import { encodeToken } from '@pcbs/seal'
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

function read(line: string, kind: RowRules['kind'] = 'pairings') {
  const batch = new RowBatch({ kind, part: 1, layerKey: key, imeiKey: key })
  const reader = new RowReader({ ...rules, kind }, batch)
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
  expect(reader.foreignImsis).toBe(1)
})
