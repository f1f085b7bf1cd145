import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'

const command = fileURLToPath(new URL('../src/main.ts', import.meta.url))

/** Runs the command with a dump on its standard input. */
function adapterCsv(input: Uint8Array | string, ...words: readonly string[]) {
  return new Promise<{ code: number | null; output: string; complaint: string }>((resolve) => {
    const child = spawn(process.execPath, [command, ...words])
    let [output, complaint] = ['', '']
    child.stdout.on('data', (text) => (output += text))
    child.stderr.on('data', (text) => (complaint += text))
    // A command that has ended takes nothing more.
    child.stdin.on('error', () => {})
    child.on('close', (code) => resolve({ code, output, complaint }))
    child.stdin.end(input)
  })
}

const header = 'date,imei,imsi,msisdn'
const good = '20260703,352099001761481,502121234567890,60123456789'

describe('a dry run', () => {
  test('says what would be accepted, and every reject by its line', async () => {
    const dump = `${header}\r\n${good}\r\n\r\n${good}.0\r\n20260703,11322226982806,502121234567890,60123456789\r\n${good},\r\n`
    const { code, output } = await adapterCsv(gzipSync(dump), '--dry-run', '--json')
    expect(code).toBe(0)
    expect(JSON.parse(output)).toEqual({
      rejects: [
        { line: 4, field: 'msisdn', code: 'msisdn-not-digits' },
        { line: 5, field: 'imei', code: 'imei-zero-lost' },
        { line: 6, field: 'row', code: 'column-count' },
      ],
      rowsIn: 4,
      accepted: 1,
      rejected: 3,
    })
  })

  test.each([
    ['nothing on standard input', '', 'Nothing was read'],
    ['a header that names no column', 'a,b,c\n', 'Nothing was read'],
    ['a header and no row', `${header}\n`, 'Nothing was read'],
    ['a gzip that is cut off', gzipSync(`${header}\n${good}\n`.repeat(99)).subarray(0, -5), 'cut off'],
  ])('of %s fails and says so, to a person and to a machine', async (_, dump, words) => {
    const asText = await adapterCsv(dump, '--dry-run')
    expect(asText).toMatchObject({ code: 1, complaint: expect.stringContaining(words) })
    const asJson = await adapterCsv(dump, '--dry-run', '--json')
    expect(asJson.code).toBe(1)
    const { rowsIn, accepted, rejected, error } = JSON.parse(asJson.output)
    expect(rowsIn).toBe(accepted + rejected)
    expect(error.message).toContain(words)
  })

  test('of subscribers reads their columns, and shows no name, number or document', async () => {
    const dump =
      'msisdn;document;country;name\n0123456789;900101145678;MYS;Invented Person\n0123456780;A1234567;;\n'
    const { code, output } = await adapterCsv(dump, '--dry-run', '--kind', 'subscribers')
    expect(code).toBe(0)
    expect(output).toContain('line 3: rejected, nationalId: passport-country')
    expect(output).toContain('2 rows in, 1 accepted, 1 rejected')
    for (const secret of ['Invented', '0123456789', '900101']) expect(output).not.toContain(secret)
  })
})

test('a command line that is typed wrong ends with its usage', async () => {
  expect(await adapterCsv('', '--dry-run', '--kind', 'people')).toMatchObject({ code: 2 })
  expect((await adapterCsv('')).output).toContain('--dry-run')
  expect(await adapterCsv('', '--dry-run', '--wrong')).toMatchObject({ code: 1 })
})
