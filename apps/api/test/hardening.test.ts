import { readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { startTestSystem, type TestSystem } from './harness.ts'

let system: TestSystem

beforeAll(async () => {
  system = await startTestSystem(inject('postgresUrl'))
})
afterAll(() => system.stop())

test('no signal opens the memory of API or custodian to a debugger, and neither leaves a core image', async () => {
  const { api, custodian } = system.registry.programs
  for (const { pid } of [api, custodian]) {
    process.kill(pid, 'SIGUSR1')
    const limits = await readFile(`/proc/${pid}/limits`, 'utf8').catch(() => undefined)
    if (limits) expect(limits).toMatch(/Max core file size\s+0\s+0/)
  }
  await delay(300)
  await expect(fetch('http://127.0.0.1:9229/json/version')).rejects.toThrow()
  expect((await fetch(`${system.registry.apiUrl}/readyz`)).status).toBe(200)
  expect((await fetch(`${system.registry.custodianUrl}/healthz`)).status).toBe(200)
})
