import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readDump } from '../src/dump.ts'
import { readLines } from '../src/lines.ts'
import { reportAsJson } from '../src/report.ts'

const home = { country: 'MY', mccs: ['502'] } as const

async function* inChunks(bytes: Uint8Array, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function report(text: string, chunk = 7) {
  let written = ''
  const rows = readDump(readLines(inChunks(Buffer.from(text), chunk)))
  await reportAsJson(rows, home, { write: (piece) => (written += piece) })
  return JSON.parse(written) as { rowsIn: number; accepted: number; rejected: number; rejects: object[] }
}

const good = '20260703,352099001761481,502121234567890,60123456789'

describe('a dump', () => {
  test('is read with columns in any order, headers in any case, extra columns, commas or pipes', async () => {
    const dumps = [
      `date,imei,imsi,msisdn\n${good}\n`,
      `\uFEFFmsisdn,DATE,ImEi,imsi\r\n60123456789,20260703,352099001761481,502121234567890\r\n`,
      `date|imei|imsi|msisdn|rat\n${good.replaceAll(',', '|')}|001\n`,
      `"date","imei","imsi","msisdn","note"\n${good},anything,and more\n`,
    ]
    for (const dump of dumps)
      expect(await report(dump)).toEqual({ rowsIn: 1, accepted: 1, rejected: 0, rejects: [] })
  })

  test('has each bad row named by line, field and code', async () => {
    const dump = [
      'date,imei,imsi,msisdn,rat',
      `${good},001|006`,
      '',
      '2026070,352099001761481,502121234567890,60123456789,',
      '20260703,,502121234567890,60123456789,',
      '20260703,35209900176148##,502121234567890,60123456789,',
      '20260703,352099001761481,&*^&*,60123456789,',
      '20260703,352099001761481,502121234567890,,',
      '20260703,352099001761481,502121234567890,60123456789,4G',
      good,
    ].join('\n')
    const { rejects, ...totals } = await report(dump)
    expect(totals).toEqual({ rowsIn: 8, accepted: 1, rejected: 7 })
    expect(rejects).toEqual([
      { line: 4, field: 'date', code: 'day-format' },
      { line: 5, field: 'imei', code: 'imei-missing' },
      { line: 6, field: 'imei', code: 'imei-not-digits' },
      { line: 7, field: 'imsi', code: 'imsi-not-digits' },
      { line: 8, field: 'msisdn', code: 'msisdn-missing' },
      { line: 9, field: 'rat', code: 'rat-format' },
      { line: 10, field: 'row', code: 'column-count' },
    ])
  })

  test('without a usable header has every row rejected', async () => {
    for (const header of ['date,imei,msisdn', 'date,imei,imsi,msisdn,imei', good, 'nonsense']) {
      const { rowsIn, rejected, rejects } = await report(`${header}\n${good}\n\n${good}`)
      expect([rowsIn, rejected]).toEqual([2, 2])
      expect(rejects).toContainEqual({ line: 2, field: 'header', code: 'header-unusable' })
    }
  })

  test('of any bytes whatever loses no row: in = accepted + rejected', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.string({ unit: 'binary' }), fc.constant(good)), { maxLength: 30 }),
        fc.integer({ min: 1, max: 50 }),
        async (lines, chunk) => {
          const text = ['date,imei,imsi,msisdn', ...lines].join('\n')
          const { rowsIn, accepted, rejected, rejects } = await report(text, chunk)
          // As the reader sees it: lone surrogates cannot be encoded.
          const nonBlank = Buffer.from(text)
            .toString()
            .split('\n')
            .slice(1)
            .filter((line) => line.trim() !== '')
          expect(rowsIn).toBe(nonBlank.length)
          expect(accepted + rejected).toBe(rowsIn)
          expect(rejects).toHaveLength(rejected)
        },
      ),
    )
  })
})
