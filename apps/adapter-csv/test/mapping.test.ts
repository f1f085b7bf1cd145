import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type DumpRow, readDump } from '../src/dump.ts'
import { readMappingFile } from '../src/mapping.ts'

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pcbs-mapping-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function mapped(content: unknown) {
  const path = join(folder, 'mapping.json')
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content))
  return readMappingFile(path, undefined)
}

async function read(text: string, content: unknown): Promise<readonly DumpRow[]> {
  async function* bytes() {
    yield Buffer.from(text)
  }
  const rows: DumpRow[] = []
  for await (const some of readDump(bytes(), await mapped(content))) rows.push(...some)
  return rows
}

describe('a mapping file', () => {
  test('says how a dump of pairings is spelled', async () => {
    const text =
      'Tarikh;No Siri;IMSI;Nombor\n03/07/2026;352099001761481;502121234567890;60123456789\n2026-07-03;1;2;3\n'
    const content = {
      separator: ';',
      columns: { date: ['Date', 'tarikh'], imei: 'no siri', msisdn: 'nombor' },
      day: 'DD/MM/YYYY',
    }
    expect(await read(text, content)).toMatchObject([
      { imei: '352099001761481', msisdn: '60123456789', lastSeen: '2026-07-03' },
      { line: 3, fault: { field: 'date', code: 'day-format' } },
    ])
  })

  test('says what the values of a dump of subscribers stand for', async () => {
    const text = 'msisdn,ic_no,type,state\n60123456789,900101145678,K/P,A\n60123456780,X1,?,T\n'
    const content = {
      kind: 'subscribers',
      columns: { document: 'IC_NO', documentType: 'type', status: 'state' },
      values: { documentType: { 'k/p': 'mykad' }, status: { a: 'active', t: 'ended' } },
    }
    expect(await read(text, content)).toMatchObject([
      { nationalId: '900101145678', documentType: 'mykad', isActive: true },
      { documentType: '?', isActive: false },
    ])
  })

  test('is taken by the separator that it gives, although another would fit', async () => {
    const text = 'date,imei,imsi,msisdn\n20260703,1,2,3\n'
    await expect(read(text, { separator: ';' })).rejects.toMatchObject({ code: 'header-unusable' })
    expect(await read(text.replaceAll(',', '\t'), { separator: 'tab' })).toHaveLength(1)
  })

  test.each([
    ['not JSON', '{', 'is not JSON'],
    ['a list', [], 'is not an object'],
    ['an unknown setting', { colums: {} }, 'no setting colums'],
    ['an unknown kind', { kind: 'people' }, 'kind is'],
    ['an unknown column', { columns: { number: 'msisdn' } }, 'no column number'],
    ['a column of the other kind', { columns: { status: 'x' } }, 'no column status'],
    ['a name that is none', { columns: { imei: 5 } }, 'columns.imei'],
    ['no name', { columns: { imei: [] } }, 'columns.imei'],
    ['an unknown separator', { separator: 'x' }, 'separator is'],
    ['a spelling of no day', { day: 'DD/MM' }, 'day has YYYY'],
    ['a translation of identifiers', { values: { msisdn: { 1: '2' } } }, 'values can be given for'],
    ['a translation that is none', { values: { status: 'x' } }, 'values.status'],
  ])('with %s is refused, and the message says so', async (_, content, message) => {
    await expect(mapped(content)).rejects.toThrow(message)
  })

  test('that is not there is refused', async () => {
    await expect(readMappingFile(join(folder, 'nowhere.json'), undefined)).rejects.toMatchObject({
      code: 'mapping',
    })
  })
})
