import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { readContract, routesOf } from '../src/http/contract.ts'
import { startTestSystem, type TestSystem } from './harness.ts'

let system: TestSystem
const routes = routesOf(await readContract())

beforeAll(async () => {
  system = await startTestSystem(inject('postgresUrl'))
})
afterAll(() => system.stop())

/** Who calls: each with what the contract calls their role and the scopes that they hold. */
const callers = [
  {
    name: 'telco A’s adapter',
    role: 'telco',
    scopes: ['feeds', 'list'],
    as: { telco: 'telco-a', client: 'adapter' },
  },
  { name: 'telco A’s desk', role: 'telco', scopes: ['cases'], as: { telco: 'telco-a', client: 'desk' } },
  {
    name: 'telco B’s edge',
    role: 'telco',
    scopes: ['list', 'hits'],
    as: { telco: 'telco-b', client: 'edge' },
  },
  { name: 'telco B’s desk', role: 'telco', scopes: ['cases'], as: { telco: 'telco-b', client: 'desk' } },
  { name: 'an officer', role: 'officer', scopes: ['decide'], as: 'officer-1' },
  { name: 'an auditor', role: 'auditor', scopes: ['audit'], as: 'auditor-1' },
  { name: 'a stranger', role: 'none', scopes: [], as: undefined },
] as const

type Caller = (typeof callers)[number]

/** The status of an empty call: an allowed one gets as far as the contract's checks, a denied one does not. */
async function statusOf(caller: Caller, method: string, path: string): Promise<number> {
  const target = path.replaceAll(/:(\w+)/g, (_, name: string) => examples[name] ?? '1')
  const { as } = caller
  if (typeof as === 'object') {
    const client = await system.client(as.telco, as.client)
    const call = client[method.toUpperCase() as 'GET'] as unknown as (
      path: string,
      options: { parseAs: 'stream' },
    ) => Promise<{ response: Response }>
    // Not every answer is JSON.
    return (await call(target, { parseAs: 'stream' })).response.status
  }
  const headers: Record<string, string> = as
    ? { authorization: `Bearer ${await system.officerToken(as)}` }
    : {}
  return (await fetch(`${system.registry.apiUrl}${target}`, { method, headers })).status
}

const examples: Readonly<Record<string, string>> = {
  kind: 'pairings',
  number: '1',
  part: '1',
  caseId: '00000000-0000-4000-8000-000000000000',
}

describe.each(routes)('$operationId', ({ method, path, roles, scopes }) => {
  test.each(callers)('lets $name in exactly if the contract does', async (caller) => {
    const isGranted =
      roles.includes('public') ||
      (roles.includes(caller.role) &&
        scopes.some((scope) => (caller.scopes as readonly string[]).includes(scope)))
    const status = await statusOf(caller, method, path)
    if (isGranted) expect([401, 403]).not.toContain(status)
    else expect(status).toBe(caller.as === undefined ? 401 : 403)
  })
})
