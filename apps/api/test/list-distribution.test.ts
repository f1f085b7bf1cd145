import { execFile } from 'node:child_process'
import { createHash, randomUUID } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { writeTelcoConfiguration } from '@pcbs/dev-nation'
import { fetchSnapshot } from '@pcbs/sdk'
import { encodeToken, makeToken, openExportPage, openSnapshot, publicKeyFromRaw } from '@pcbs/seal'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { type Customer, startTestSystem, type TestSystem, today } from './harness.ts'

const aminah: Customer = { msisdn: '60123456701', nationalId: '900101-14-5678', imsi: '502121234567701' }
const badrul: Customer = { msisdn: '60123456702', nationalId: '910202-14-5679', imsi: '502121234567702' }
const phones = ['35209900176148', '49015420323751', '35761300444848'] as const
const dayMs = 24 * 60 * 60 * 1000
const yesterday = new Date(Date.now() - dayMs).toISOString().slice(0, 10)

let system: TestSystem

beforeAll(async () => {
  system = await startTestSystem(inject('postgresUrl'), {
    PCBS_SNAPSHOT_CHANGES: '3',
    PCBS_SNAPSHOT_INTERVAL_MS: '100',
  })
  await system.feed(
    'telco-a',
    phones.map((imei) => ({ customer: aminah, imei, day: yesterday })),
  )
  await system.feed('telco-b', [{ customer: badrul, imei: '86000000000000' }])
})
afterAll(() => system.stop())

async function decide(path: string, officer: 'officer-1' | 'officer-2', body?: object) {
  const response = await fetch(`${system.registry.apiUrl}${path}`, {
    method: body === undefined || Object.keys(body).length > 0 ? 'POST' : 'GET',
    headers: {
      authorization: `Bearer ${await system.officerToken(officer)}`,
      'content-type': 'application/json',
      'idempotency-key': randomUUID(),
    },
    ...(body && { body: JSON.stringify(body) }),
  })
  return { status: response.status, body: (await response.json()) as Record<string, never> }
}

async function see(path: string) {
  const headers = { authorization: `Bearer ${await system.officerToken('officer-1')}` }
  const response = await fetch(`${system.registry.apiUrl}${path}`, { headers })
  return (await response.json()) as { items: Record<string, unknown>[] }
}

const rootKey = () => {
  const root = publicKeyFromRaw(system.registry.listRoot)
  if (!root) throw new Error('the custodian gave no root key')
  return root
}

async function block(imeis: readonly string[]): Promise<string> {
  const desk = await system.client('telco-a', 'desk')
  const { data } = await desk.POST('/v1/cases', {
    params: { header: { 'Idempotency-Key': randomUUID() } },
    body: {
      imeis: imeis.map((imei) => `${imei}00`),
      reason: 'stolen',
      ...(await system.claimant('telco-a', aminah)),
    },
  })
  expect(data?.state).toBe('blocked')
  return data?.id ?? ''
}

async function newestSnapshot() {
  const edge = await system.client('telco-b', 'edge')
  for (;;) {
    const { data } = await edge.GET('/v1/block-list/snapshot')
    if (data) return { edge, data }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

let caseId: string

describe('a snapshot of the list', () => {
  test('is made where enough has changed, and comes whole, in pieces, and from caches', async () => {
    caseId = await block(phones)
    const { edge, data } = await newestSnapshot()
    const path = { seq: data.head.seq }
    const whole = await edge.GET('/v1/block-list/snapshots/{seq}', {
      params: { path },
      parseAs: 'arrayBuffer',
    })
    const bytes = Buffer.from(whole.data as unknown as ArrayBuffer)
    expect(bytes.length).toBe(data.bytes)
    expect(openSnapshot(bytes)?.digest).toBe(data.digest)
    const { headers } = whole.response
    expect(headers.get('cache-control')).toBe('public, max-age=604800, immutable')
    expect(headers.get('etag')).toBe(`"${data.digest}"`)
    const rest = async (range: string, ifRange: string) => {
      const { data: piece, response } = await edge.GET('/v1/block-list/snapshots/{seq}', {
        params: { path },
        parseAs: 'arrayBuffer',
        headers: { Range: range, 'If-Range': ifRange },
      })
      return {
        status: response.status,
        range: response.headers.get('content-range'),
        bytes: piece ? Buffer.from(piece as unknown as ArrayBuffer) : undefined,
      }
    }
    for (const from of [0, 1, 63, 64, 70, bytes.length - 33, bytes.length - 32, bytes.length - 1])
      expect(await rest(`bytes=${from}-`, `"${data.digest}"`)).toEqual({
        status: 206,
        range: `bytes ${from}-${bytes.length - 1}/${bytes.length}`,
        bytes: bytes.subarray(from),
      })
    expect(await rest('bytes=5-', '"another"')).toMatchObject({ status: 200, bytes })
    expect((await rest(`bytes=${bytes.length}-`, `"${data.digest}"`)).status).toBe(416)
    expect(
      (await edge.GET('/v1/block-list/snapshots/{seq}', { params: { path: { seq: 999 } } })).response.status,
    ).toBe(404)
  })

  test('is downloaded on from where it broke off, and a damaged one is thrown away', async () => {
    const { edge, data } = await newestSnapshot()
    const folder = await mkdtemp(`${system.folder}/download-`)
    const copy = { folder } as Parameters<typeof fetchSnapshot>[0]['copy']
    const options = { client: edge, root: rootKey(), copy, signal: new AbortController().signal }
    const first = await fetchSnapshot(options)
    const bytes = await readFile(first?.path ?? '')
    for (const half of [bytes.subarray(0, 40), bytes.subarray(0, bytes.length - 1)]) {
      await writeFile(first?.path ?? '', half)
      expect((await fetchSnapshot(options))?.opened.digest).toBe(data.digest)
    }
    const damaged = Buffer.from(bytes)
    damaged[20] = (damaged[20] ?? 0) ^ 1
    await writeFile(first?.path ?? '', damaged)
    await expect(fetchSnapshot(options)).rejects.toMatchObject({ code: 'list-invalid' })
    expect((await fetchSnapshot(options))?.opened.digest).toBe(data.digest)
    expect(await fetchSnapshot(options, data.head.seq)).toBeUndefined()
    await rm(folder, { recursive: true })
  })
})

describe('an export', () => {
  const columns = 'seq,imei,tac_from,tac_to,status,reason,changed_at,allowed_imsi_tokens'

  async function pages(query: string) {
    const edge = await system.client('telco-a', 'edge')
    const found: { rows: string[][]; proof: ReturnType<typeof openExportPage> }[] = []
    for (let next: string | undefined = `/v1/block-list/export?${query}`; next; ) {
      const get = edge.GET as unknown as (
        path: string,
        options: object,
      ) => Promise<{ data: string; response: Response }>
      const { data, response } = await get(next, { parseAs: 'text' })
      const [head, ...lines] = data.trimEnd().split('\r\n')
      expect(head).toBe(columns)
      const signed = JSON.parse(Buffer.from(response.headers.get('pcbs-proof') ?? '', 'base64url').toString())
      const proof = openExportPage(rootKey(), signed)
      expect(proof).toMatchObject({
        telco: 'telco-a',
        rows: lines.length,
        digest: createHash('sha256').update(data).digest('hex'),
      })
      found.push({ rows: lines.map((line) => line.split(',')), proof })
      next = /<([^>]+)>; rel="next"/.exec(response.headers.get('link') ?? '')?.[1]
    }
    return found
  }

  test('gives the whole list page by page, each signed, and the changes after a sequence', async () => {
    const full = await pages('limit=2')
    const rows = full.flatMap((page) => page.rows)
    expect(rows.map(([, imei]) => imei)).toEqual(phones.toSorted())
    expect(rows.every(([, , , , status, reason]) => status === 'PROHIBITED' && reason === 'stolen')).toBe(
      true,
    )
    expect(full).toHaveLength(2)
    const changes = await pages('changesAfter=1&limit=1')
    expect(changes.flatMap((page) => page.rows).map(([seq, imei]) => [seq, imei])).toEqual([
      ['2', phones[1]],
      ['3', phones[2]],
    ])
  })
})

describe('a telco’s command line', () => {
  const command = fileURLToPath(new URL('../../../packages/sdk/src/cli/main.ts', import.meta.url))

  function run(...words: readonly string[]): Promise<{ code: number; output: string }> {
    return new Promise((resolve) => {
      execFile(process.execPath, [command, ...words], (error, stdout, stderr) => {
        resolve({ code: error ? Number(error.code) : 0, output: stdout + stderr })
      })
    })
  }

  test('exports the list to a file that proves itself, and any other does not', async () => {
    const site = { registry: system.registry, telco: 'telco-a', folder: join(system.folder, 'telco-a') }
    const configuration = await writeTelcoConfiguration(site, 'adapter', {})
    const file = join(system.folder, 'list.csv')
    const exported = await run('export', file, '--config', configuration)
    expect(exported).toMatchObject({ code: 0, output: expect.stringContaining('3 rows, up to sequence 3') })
    const key = `--registry-key=${system.registry.listRoot}`
    const proven = 'proven: telco-a, the whole list, up to sequence 3; 3 rows in 2 pages'
    expect((await run('verify-export', file, key)).output).toContain(proven)
    const text = await readFile(file, 'utf8')
    for (const forged of [
      text.replace('PROHIBITED', 'PERMITTED'),
      `${text}9,86000000000000,,,PROHIBITED,stolen,,\r\n`,
      text.split('\r\n').toSpliced(1, 1).join('\r\n'),
    ]) {
      await writeFile(file, forged)
      expect(await run('verify-export', file, key)).toMatchObject({
        code: 1,
        output: expect.stringContaining('NOT PROVEN'),
      })
    }
    await writeFile(file, text)
    const proofs = (await readFile(`${file}.proofs`, 'utf8')).trimEnd().split('\n')
    for (const kept of [proofs.slice(0, 1), proofs.toReversed()]) {
      await writeFile(`${file}.proofs`, `${kept.join('\n')}\n`)
      expect((await run('verify-export', file, key)).output).toContain('NOT PROVEN')
    }
    const changes = await run('export', file, '--config', configuration, '--changes-after', '2')
    expect(changes.output).toContain('1 rows, up to sequence 3. The next changes: --changes-after 3')
  })
})

describe('a range of models', () => {
  test('is put on the list by two officers, and taken off again', async () => {
    const wanted = { from: '86000000', to: '86000009', status: 'PROHIBITED', reason: 'faulty' }
    const proposed = await decide('/v1/tac-ranges', 'officer-1', wanted)
    expect(proposed).toMatchObject({ status: 201, body: { state: 'proposed', ...wanted } })
    const approval = `/v1/tac-ranges/${proposed.body.id}/approval`
    const own = await decide(approval, 'officer-1')
    expect(own).toMatchObject({ status: 409, body: { errors: [{ code: 'own-proposal' }] } })
    const approved = await decide(approval, 'officer-2')
    expect(approved).toMatchObject({ status: 200, body: { state: 'approved' } })
    const again = await decide(approval, 'officer-2')
    expect(again).toMatchObject({ status: 409, body: { errors: [{ code: 'approved-already' }] } })
    const clash = await decide('/v1/tac-ranges', 'officer-1', { ...wanted, to: '86000004' })
    expect(clash).toMatchObject({ status: 409, body: { errors: [{ code: 'range-overlaps' }] } })
    const edge = await system.client('telco-a', 'edge')
    const after = Number(approved.body.seq) - 1
    const changes = await edge.GET('/v1/block-list/changes', { params: { query: { after } } })
    const tacs = { from: wanted.from, to: wanted.to }
    expect(changes.data?.changes).toMatchObject([{ tacs, status: 'PROHIBITED', reason: 'faulty' }])
    const lifted = await decide('/v1/tac-ranges', 'officer-2', { ...wanted, status: 'PERMITTED' })
    await decide(`/v1/tac-ranges/${lifted.body.id}/approval`, 'officer-1')
    const { items } = await see('/v1/tac-ranges')
    expect(items.map(({ state, status }) => [state, status])).toEqual([
      ['approved', 'PERMITTED'],
      ['approved', 'PROHIBITED'],
    ])
    const last = await edge.GET('/v1/block-list/changes', { params: { query: { after: after + 1 } } })
    expect(last.data?.changes).toMatchObject([{ tacs, status: 'PERMITTED' }])
  })
})

describe('enforcement', () => {
  test('shows the hits of a case and of a telco, and never whose SIM it was', async () => {
    const edge = await system.client('telco-b', 'edge')
    const imsi = encodeToken(makeToken(await system.key('telco-b'), 'imsi', badrul.imsi))
    const hits = phones.map((imei, index) => ({
      id: randomUUID(),
      imei,
      imsi,
      status: 'PROHIBITED' as const,
      at: new Date(Date.now() - index).toISOString(),
      node: 'edge-1',
    }))
    const header = { 'Idempotency-Key': randomUUID() }
    await edge.POST('/v1/hits', { params: { header }, body: { hits } })
    const desk = await system.client('telco-a', 'desk')
    const seen: unknown[] = []
    for (let after: string | undefined; ; ) {
      const query = { caseId, limit: 2, ...(after && { after }) }
      const { data } = await desk.GET('/v1/hits', { params: { query } })
      seen.push(...(data?.items ?? []))
      after = data?.next
      if (!after) break
    }
    expect(seen).toMatchObject(hits.map(({ id, at, node }) => ({ id, at, node, telco: 'telco-b' })))
    expect(JSON.stringify(seen)).not.toContain(imsi)
    expect((await desk.GET('/v1/hits')).data?.items).toEqual([])
    // Who reports another's phone learns nothing of where it is.
    const stranger = await system.client('telco-b', 'desk')
    const reported = await stranger.POST('/v1/cases', {
      params: { header: { 'Idempotency-Key': randomUUID() } },
      body: { imeis: [`${phones[0]}00`], reason: 'lost', ...(await system.claimant('telco-b', badrul)) },
    })
    expect(reported.data?.state).toBe('reported')
    const own = await system.client('telco-a', 'edge')
    const elsewhere = { id: randomUUID(), imei: phones[0], status: 'PROHIBITED' as const, node: 'edge-9' }
    await own.POST('/v1/hits', {
      params: { header: { 'Idempotency-Key': randomUUID() } },
      body: { hits: [{ ...elsewhere, at: new Date().toISOString() }] },
    })
    const learnt = await stranger.GET('/v1/hits', { params: { query: { caseId: reported.data?.id ?? '' } } })
    expect(learnt.data?.items.map(({ telco }) => telco)).toEqual(['telco-b'])
    const { items } = await see('/v1/enforcement/telcos')
    expect(items).toMatchObject([
      { telco: 'telco-a', hits: 1 },
      { telco: 'telco-b', hits: 3 },
    ])
    const report = await desk.GET('/v1/enforcement', { params: { query: { caseId } } })
    expect(report.data?.telcos.map(({ telco, hits: count }) => [telco, count])).toEqual([
      ['telco-a', 1],
      ['telco-b', 3],
    ])
  })

  test('flags a blocked phone that a telco’s later pairings show in use, and no other', async () => {
    const lapses = async (query = '') => (await see(`/v1/enforcement/lapses${query}`)).items
    // Used on the day of the block: that may have been before it.
    await system.feed('telco-b', [{ customer: badrul, imei: phones[0] }])
    expect(await lapses()).toEqual([])
    await system.query("UPDATE block_case SET blocked_at = blocked_at - interval '1 day'")
    const lapse = { caseId, telco: 'telco-b', lastSeen: today }
    expect(await lapses()).toMatchObject([lapse])
    expect(await lapses('?telco=telco-a')).toEqual([])
    const desk = await system.client('telco-b', 'desk')
    expect((await desk.GET('/v1/enforcement/lapses')).data?.items).toMatchObject([lapse])
    const { telcos } = (await see(`/v1/enforcement?caseId=${caseId}`)) as never as {
      telcos: { telco: string; lastSeen?: string }[]
    }
    expect(telcos.map(({ telco, lastSeen }) => [telco, lastSeen])).toEqual([
      ['telco-a', undefined],
      ['telco-b', today],
    ])
  })
})
