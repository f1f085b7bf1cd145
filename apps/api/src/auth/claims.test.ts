import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type ClaimMapping, readBearer } from './claims.ts'

const standard: ClaimMapping = {
  scope: 'scope',
  telco: 'telco',
  roles: 'roles',
  scopesOfRole: new Map([
    ['officer', ['decide']],
    ['auditor', ['audit']],
  ]),
}

describe('a token', () => {
  test.each([
    ['roles', { roles: ['officer'] }],
    ['roles', { roles: 'viewer officer' }],
    ['realm_access.roles', { realm_access: { roles: ['officer', 'uma_authorization'] } }],
    ['resource_access.pcbs.example.roles', { resource_access: { 'pcbs.example': { roles: ['officer'] } } }],
    ['https://pcbs.example/roles', { 'https://pcbs.example/roles': ['officer'] }],
    ['groups', { groups: ['officer'], roles: ['auditor'] }],
  ])('makes an officer by the role in %s', (roles, claims) => {
    const bearer = readBearer({ sub: 'officer-1', ...claims }, { ...standard, roles })
    expect(bearer).toEqual({ kind: 'officer', officerId: 'officer-1', scopes: new Set(['decide']) })
  })

  test.each([
    ['nothing but a scope', { scope: 'decide' }],
    ['a role of another system', { roles: ['admin'], scope: 'decide' }],
    ['a role that is none of ours by its type', { roles: [{ officer: true }, 1, null], scope: 'decide' }],
    ['a role in another claim', { groups: ['officer'], scope: 'decide' }],
    ['a role that an object inherits', { roles: ['constructor', '__proto__'] }],
    ['a client’s own token (RFC 9068 §5)', { sub: 'batch', client_id: 'batch', roles: ['officer'] }],
    ['a client’s own token, by azp', { sub: 'batch', azp: 'batch', roles: ['officer'] }],
    ['no subject', { sub: undefined, roles: ['officer'] }],
    ['an endless subject', { sub: 'x'.repeat(256), roles: ['officer'] }],
    ['a telco’s code that is a list', { telco: ['telco-a'], roles: ['officer'] }],
    ['a telco’s claim beside the role', { telco: 'telco-a', roles: ['officer'] }],
  ])('makes no officer by %s', (_what, claims) => {
    expect(readBearer({ sub: '6f1a1e0e', ...claims }, standard).kind).toBe('nobody')
  })

  test('is good for what its role allows, and for no more than its scope says', () => {
    const both = { sub: 'officer-1', roles: ['officer', 'auditor'] }
    const scopesOf = (claims: object) => {
      const bearer = readBearer({ ...both, ...claims }, standard)
      return bearer.kind === 'officer' ? [...bearer.scopes].toSorted() : bearer.kind
    }
    expect(scopesOf({})).toEqual(['audit', 'decide'])
    expect(scopesOf({ scope: 'openid profile' })).toEqual(['audit', 'decide'])
    expect(scopesOf({ scope: 'openid audit' })).toEqual(['audit'])
    expect(scopesOf({ roles: ['officer'], scope: 'openid audit' })).toEqual([])
  })

  test('of a telco has its code and its scopes, in words or as a list', () => {
    const telco = { kind: 'telco', code: 'telco-a', scopes: new Set(['feeds', 'list']) }
    expect(readBearer({ telco: 'telco-a', scope: 'feeds list' }, standard)).toEqual(telco)
    const okta = { ...standard, scope: 'scp', telco: 'ext.operator' }
    expect(readBearer({ ext: { operator: 'telco-a' }, scp: ['feeds', 'list'] }, okta)).toEqual(telco)
  })

  test('whatever it holds, is somebody’s or nobody’s', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('sub', 'telco', 'roles', 'scope', 'azp'), fc.jsonValue()),
        (claims) => {
          expect(['telco', 'officer', 'nobody']).toContain(readBearer(claims, standard).kind)
        },
      ),
    )
  })
})
