import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type DumpRow, readDump } from '../src/dump.ts'
import { DumpError } from '../src/errors.ts'
import { plainMapping } from '../src/mapping.ts'

async function* inChunks(bytes: Uint8Array, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function read(bytes: Uint8Array | string, kind: 'pairings' | 'subscribers' = 'pairings', chunk = 7) {
  const rows: DumpRow[] = []
  for await (const some of readDump(inChunks(Buffer.from(bytes), chunk), plainMapping(kind)))
    rows.push(...some)
  return rows
}

const header = 'date,imei,imsi,msisdn'
const good = '20260703,352099001761481,502121234567890,60123456789'
const goodRow = {
  imei: '352099001761481',
  imsi: '502121234567890',
  msisdn: '60123456789',
  firstSeen: '2026-07-03',
  lastSeen: '2026-07-03',
  rat: '',
}

describe('a dump', () => {
  const semicolons = good.replaceAll(',', ';')
  test.each([
    ['as it is', `${header}\n${good}\n`],
    ['without a last line end', `${header}\n${good}`],
    [
      'in other order and case',
      `MSISDN,Date,ImEi,imsi\n60123456789,20260703,352099001761481,502121234567890\n`,
    ],
    ['with pipes', `${header.replaceAll(',', '|')}|rat\n${good.replaceAll(',', '|')}|\n`],
    ['with semicolons', `${header.replaceAll(',', ';')}\n${semicolons}\n`],
    ['with tabs', `${header.replaceAll(',', '\t')}\n${good.replaceAll(',', '\t')}\n`],
    ['with a line that names the separator', `sep=;\r\n${header.replaceAll(',', ';')}\r\n${semicolons}\r\n`],
    ['with commas in a column beside semicolons', `${header.replaceAll(',', ';')};a,b\n${semicolons};c,d\n`],
    ['with CRLF', `${header}\r\n${good}\r\n`],
    ['with CR', `${header}\r${good}\r`],
    ['with a byte order mark', `\uFEFF${header}\r\n${good}\r\n`],
    [
      'with quotation marks',
      `"date","imei","imsi","msisdn"\n"20260703" , "352099001761481","502121234567890","60123456789"\n`,
    ],
    [
      'with a quoted separator',
      `date,imei,address,imsi,msisdn\n20260703,352099001761481,"1, Jalan Ampang",502121234567890,60123456789\n`,
    ],
    ['with quoted lines and quotation marks', `note,${header}\n"one ""two""\r\nthree, four",${good}\n`],
    ['with a quoted header', `"a\nnote",${header}\nx,${good}\n`],
    ['with blank lines', `\n\n${header}\n  \n\n${good}\n\n`],
  ])('%s gives its row', async (_, text) => {
    const rows = await read(text)
    expect(rows).toHaveLength(1)
    expect(rows[0]).toMatchObject(goodRow)
  })

  test('is the same in every encoding, gzipped or not, however its bytes arrive', async () => {
    const text = `note,${header}\nJalan Çelebi – 大马,${good}\n`
    const utf16 = Buffer.from(text, 'utf16le')
    const spellings = [
      Buffer.from(text),
      Buffer.from(`\uFEFF${text}`),
      Buffer.concat([Buffer.from([0xff, 0xfe]), utf16]),
      Buffer.concat([Buffer.from([0xfe, 0xff]), Buffer.from(utf16).swap16()]),
      utf16,
      Buffer.from(utf16).swap16(),
    ]
    for (const bytes of spellings)
      for (const each of [
        bytes,
        gzipSync(bytes),
        Buffer.concat([gzipSync(bytes.subarray(0, 20)), gzipSync(bytes.subarray(20))]),
      ])
        for (const chunk of [1, 3, 4096]) expect(await read(each, 'pairings', chunk)).toMatchObject([goodRow])
  })

  test('has every row named by the line that it begins on', async () => {
    const rows = await read(
      [
        'date,imei,imsi,msisdn,note',
        `${good},`,
        '',
        `${good},"two`,
        `lines"`,
        `${good}`,
        '2026070,352099001761481,502121234567890,60123456789,',
        `${good},a,b`,
        `${good},5" disk`,
      ].join('\r\n'),
    )
    expect(
      rows.map(({ line, ...row }) => [line, 'fault' in row ? `${row.fault.field} ${row.fault.code}` : 'row']),
    ).toEqual([
      [2, 'row'],
      [4, 'row'],
      [6, 'row column-count'],
      [7, 'date day-format'],
      [8, 'row column-count'],
      [9, 'row'],
    ])
  })

  test('of whatever rows loses none: each line is a row, by its own number', async () => {
    const line = fc.oneof(
      fc.constant(good),
      fc.stringMatching(/^[^"\r\n]*$/),
      fc.constantFrom('', ' ', ',,,', 'a,b'),
    )
    await fc.assert(
      fc.asyncProperty(
        fc.array(line, { minLength: 1, maxLength: 30 }),
        fc.constantFrom('\n', '\r\n', '\r'),
        fc.integer({ min: 1, max: 50 }),
        async (lines, end, chunk) => {
          // Only ASCII space makes a line blank.
          const expected = lines.flatMap((text, index) => (/[^ \t\f\v]/.test(text) ? [index + 2] : []))
          const rows = await read([header, ...lines, ''].join(end), 'pairings', chunk).catch((error) => {
            if (error instanceof DumpError && error.code === 'dump-empty') return []
            throw error
          })
          expect(rows.map((row) => row.line)).toEqual(expected)
        },
      ),
    )
  })

  test('loses no row to a quotation mark that stands in the middle of a header’s name', async () => {
    const rows = `${good},3\n${good},5" pipe\n${good},"7"\n`
    expect(await read(`${header},size 6"\n${rows}`)).toHaveLength(3)
    expect(await read(`${header},"size, 6"""\n${rows}`)).toHaveLength(3)
    expect(await read(`${header}, "size\n6"\n${rows}`)).toHaveLength(3)
  })

  test('keeps values that are quoted as RFC 4180 says, and no other columns move', async () => {
    const value = fc.string({ unit: fc.constantFrom(...'ab,;|\t"\n\r 0'), maxLength: 12 })
    const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`
    await fc.assert(
      fc.asyncProperty(value, fc.constantFrom(',', ';', '|', '\t'), async (name, separator) => {
        const text = [
          ['msisdn', 'name', 'document'].join(separator),
          ['60123456789', quoted(name), '900101-14-5678'].join(separator),
        ].join('\r\n')
        const [row] = await read(text, 'subscribers')
        expect(row).toMatchObject({
          msisdn: '60123456789',
          nationalId: '900101-14-5678',
          name: name.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, ''),
        })
      }),
    )
  })

  const empty = 'dump-empty'
  const unusable = 'header-unusable'
  test.each([
    ['nothing', '', empty],
    ['blank lines', '\n \r\n\n', empty],
    ['a byte order mark', '\uFEFF', empty],
    ['an empty gzip', gzipSync(''), empty],
    ['a header and no row', `${header}\n`, empty],
    ['a header and blank lines', `${header}\n\n \n`, empty],
    ['another header and no row', 'a,b,c\n', unusable],
    ['a header without a column', `date,imei,msisdn\n${good}\n`, unusable],
    ['a header with a column twice', `${header},imei\n${good},\n`, unusable],
    ['no header', `${good}\n`, unusable],
    ['a header with an open quotation mark', `"${header}\n`, unusable],
    ['a gzip that is cut off', gzipSync(`${header}\n${good}\n`.repeat(999)).subarray(0, -9), 'gzip-damaged'],
    ['a gzip with a wrong byte', damaged(gzipSync(`${header}\n${`${good}\n`.repeat(99)}`)), 'gzip-damaged'],
    [
      'a byte that is not UTF-8',
      Buffer.concat([Buffer.from(`${header}\n${good}\n`), Buffer.from([0xe9, 0x0a])]),
      'not-text',
    ],
    [
      'half a character at the end',
      Buffer.concat([Buffer.from(`${header}\n${good}\n`), Buffer.from([0xc3])]),
      'not-text',
    ],
    [
      'half of UTF-16',
      Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(`${header}\n`, 'utf16le'), Buffer.from([0x41])]),
      'not-text',
    ],
    ['a spreadsheet file', Buffer.from('PK\u0003\u0004...'), 'not-text'],
    [
      'a quotation mark that is never closed',
      `${header}\n${good}\n20260703,"352099001761481,502121234567890,60123456789\n${good}\n`,
      'quote-open',
    ],
    [
      'a quotation mark that takes other rows',
      `${header}\n20260703,"352099001761481,502121234567890,60123456789\n${good}\n20260703,"352099001761481",502121234567890,60123456789\n`,
      'quote-open',
    ],
    [
      'a quotation mark that is closed after a gigabyte',
      `${header}\n"${'x'.repeat(100_000)}",a,b,c\n`,
      'row-long',
    ],
  ] as const)('of %s is an error', async (_, bytes, code) => {
    await expect(read(bytes)).rejects.toMatchObject({ code })
    await expect(read(bytes, 'pairings', 4096)).rejects.toMatchObject({ code })
  })
})

function damaged(bytes: Buffer): Buffer {
  const at = bytes.length - 12
  bytes[at] = (bytes[at] as number) ^ 0xff
  return bytes
}

describe('a dump of subscribers', () => {
  test('has documents of every kind, and rows that have ended', async () => {
    const text = [
      'msisdn,document,documentType,country,nationality,status,name,address',
      '60123456789,900101-14-5678,,,,Active,Invented Person,"1, Jalan Tiada\n50000 Kuala Lumpur"',
      '60123456780,A1234567,passport,IDN,,ended,,',
      '60123456781,T1234567,army,,,suspended,,',
    ].join('\n')
    expect(await read(text, 'subscribers')).toMatchObject([
      {
        line: 2,
        nationalId: '900101-14-5678',
        isActive: true,
        address: '1, Jalan Tiada\n50000 Kuala Lumpur',
      },
      { line: 4, nationalId: 'A1234567', issuingCountry: 'IDN', isActive: false },
      { line: 5, fault: { field: 'status', code: 'status-format' } },
    ])
  })

  test('needs only numbers and documents', async () => {
    expect(await read('document;msisdn\n900101145678;60123456789\n', 'subscribers')).toMatchObject([
      { msisdn: '60123456789', nationalId: '900101145678', isActive: true },
    ])
  })
})
