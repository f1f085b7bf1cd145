import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'

const run = promisify(execFile)
const cli = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url))
let folder: string

beforeAll(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'pcbs-skeleton-')), 'my-adapter')
  await run(process.execPath, [cli, 'init', folder])
})
afterAll(() => rm(join(folder, '..'), { recursive: true }))

test('the skeleton passes its own tests as it is', async () => {
  const { stdout } = await run(process.execPath, ['--test'], { cwd: folder })
  expect(stdout).toMatch(/fail 0/)
})

test('the skeleton keeps every promise of the conformance suite', async () => {
  const { stdout } = await run(process.execPath, [cli, 'check'], { cwd: folder })
  expect(stdout).not.toContain('failed')
  expect(stdout.match(/^passed/gm)).toHaveLength(5)
})

test('a dry run shows what would be sent, with every identifier masked', async () => {
  const { stdout } = await run(process.execPath, [cli, 'sync', '--dry-run'], { cwd: folder })
  expect(stdout).toContain('pairing imei 49015420*******')
  expect(stdout).toContain('pairings: 2 rows, 2 would be accepted, 0 rejected')
  expect(stdout).not.toMatch(/0123456789|900101-14-5678|502121234567890/)
})

test('a command that is unknown or lacks its configuration says so and fails', async () => {
  await expect(run(process.execPath, [cli, 'explode'])).rejects.toMatchObject({ code: 2 })
  await expect(run(process.execPath, [cli, 'status'], { cwd: folder })).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining('The configuration is not usable.'),
  })
})
