import { expect, test } from 'vitest'
import { readConfig } from './config.ts'

const needed = {
  PCBS_API_DATABASE_URL: 'postgres://api@localhost/registry',
  PCBS_INGEST_DATABASE_URL: 'postgres://ingest@localhost/registry',
  PCBS_CUSTODIAN_KEY_FILE: 'registry.pem',
}

test('what nobody sets trusts no proxy, takes tokens of RFC 9068 alone, and makes officers by a role', () => {
  const { trustedProxies, tokenTypes, audience, publicUrl, claims } = readConfig(needed)
  expect([trustedProxies, tokenTypes, audience]).toEqual([[], ['at+jwt'], publicUrl])
  expect(claims).toEqual({
    scope: 'scope',
    telco: 'telco',
    roles: 'roles',
    scopesOfRole: new Map([
      ['officer', ['decide']],
      ['auditor', ['audit']],
    ]),
  })
})

test('a role may allow several things, and may be written with spaces and signs', () => {
  const { claims } = readConfig({
    ...needed,
    PCBS_OFFICER_ROLES: 'Head of = Registry=decide, Head of = Registry=audit',
  })
  expect(claims.scopesOfRole).toEqual(new Map([['Head of = Registry', ['decide', 'audit']]]))
})

test.each([
  ['PCBS_TRUSTED_PROXIES', 'everybody'],
  ['PCBS_TRUSTED_PROXIES', '0.0.0.0/0'],
  ['PCBS_OFFICER_ROLES', 'officer=rule'],
  ['PCBS_OFFICER_ROLES', 'officer'],
  ['PCBS_TOKEN_TYPES', ''],
  ['PCBS_TOKEN_TYPES', 'at jwt'],
  ['PCBS_LOG_LEVEL', 'loud'],
  ['PCBS_API_PORT', '-1'],
])('a start with %s=%j is refused by the name of the setting', (name, value) => {
  expect(() => readConfig({ ...needed, [name]: value })).toThrow(name)
})
