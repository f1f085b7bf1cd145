import { officerIdOf } from '@pcbs/seal'

/** What an officer's role may allow. */
export const officerScopes = ['decide', 'audit'] as const

/** One of {@link officerScopes}. */
export type OfficerScope = (typeof officerScopes)[number]

/**
 * Where a provider's access tokens say who somebody is. Each claim is named as it stands in the token; dots lead into
 * objects, as in `realm_access.roles`. Scopes and roles are words: a list, or a text with spaces between.
 */
export interface ClaimMapping {
  /** The claim with what the token is good for (RFC 9068 §2.2.3). */
  readonly scope: string
  /** The claim with the code of the telco whose client this is. */
  readonly telco: string
  /** The claim with the roles of a person. */
  readonly roles: string
  /** What each role lets an officer do. Roles that are not here are none of ours. */
  readonly scopesOfRole: ReadonlyMap<string, readonly OfficerScope[]>
}

/** Who a token is for, by its claims. */
export type Bearer =
  | { readonly kind: 'telco'; readonly code: string; readonly scopes: ReadonlySet<string> }
  | { readonly kind: 'officer'; readonly officerId: string; readonly scopes: ReadonlySet<string> }
  | { readonly kind: 'nobody'; readonly why: string }

/**
 * Finds out who a token is for. A telco is one by its claim; an officer is one by a role, never because a claim is missing,
 * and never where the token is a client's own (RFC 9068 §5: its subject is then the client).
 */
export function readBearer(claims: Readonly<Record<string, unknown>>, mapping: ClaimMapping): Bearer {
  const telco = readClaim(claims, mapping.telco)
  const granted = new Set(wordsOf(readClaim(claims, mapping.scope)))
  const byRoles = wordsOf(readClaim(claims, mapping.roles)).flatMap(
    (role) => mapping.scopesOfRole.get(role) ?? [],
  )
  if (telco !== undefined && telco !== null) {
    if (typeof telco !== 'string') return nobody(`its ${mapping.telco} is no telco's code`)
    if (byRoles.length > 0) return nobody('it is a telco’s and an officer’s at once')
    return { kind: 'telco', code: telco, scopes: granted }
  }
  if (byRoles.length === 0)
    return nobody(`it names no telco in ${mapping.telco}, and no role of an officer in ${mapping.roles}`)
  if (claims.sub !== undefined && (claims.sub === claims.client_id || claims.sub === claims.azp))
    return nobody('it is a client’s own, and an officer is a person')
  const officerId = officerIdOf(typeof claims.sub === 'string' ? claims.sub : '')
  if (officerId === undefined) return nobody('its subject is missing or longer than 255 characters')
  // A provider that knows these scopes may give fewer of them than the roles allow; one that does not says nothing by it.
  const isNarrowed = officerScopes.some((scope) => granted.has(scope))
  const scopes = isNarrowed ? byRoles.filter((scope) => granted.has(scope)) : byRoles
  return { kind: 'officer', officerId, scopes: new Set(scopes) }
}

function nobody(why: string): Bearer {
  return { kind: 'nobody', why }
}

/** A claim by its path: `a.b.c` is the claim of that whole name, or `b.c` in the claim `a`, and so on. */
function readClaim(claims: unknown, path: string): unknown {
  if (typeof claims !== 'object' || claims === null) return undefined
  if (Object.hasOwn(claims, path)) return (claims as Record<string, unknown>)[path]
  for (let dot = path.lastIndexOf('.'); dot > 0; dot = path.lastIndexOf('.', dot - 1)) {
    const outer = path.slice(0, dot)
    if (!Object.hasOwn(claims, outer)) continue
    const found = readClaim((claims as Record<string, unknown>)[outer], path.slice(dot + 1))
    if (found !== undefined) return found
  }
  return undefined
}

function wordsOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return value.split(' ').filter(Boolean)
  return Array.isArray(value) ? value.filter((word) => typeof word === 'string') : []
}
