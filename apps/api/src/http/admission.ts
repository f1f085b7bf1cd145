import type { Request, RequestHandler } from 'express'
import type { Authenticate } from '../auth/authenticate.ts'
import { nameOf, type Principal } from '../auth/principal.ts'
import type { Context } from '../context.ts'
import type { OfficerSessions } from '../transparency/sessions.ts'
import { countedAddress } from './client-address.ts'
import type { Route } from './contract.ts'
import type { Limits } from './limits.ts'
import { Problem, problems } from './problems.ts'

/** What admission works with. */
export interface Gate {
  readonly context: Pick<Context, 'db' | 'now'>
  readonly authenticate: Authenticate
  readonly limits: Limits
  readonly sessions: OfficerSessions
}

/**
 * Lets a request in when its sender may call this operation, and not too often. Whatever the contract does not
 * grant is denied.
 */
export function admit(gate: Gate, route: Route): RequestHandler {
  const isPublic = route.roles.includes('public')
  return async (request, response, next) => {
    response.locals.principal = isPublic
      ? await admitPublic(gate, route, request)
      : await admitClient(gate, route, request)
    // The validator wants a parsed body; this one is a stream that the handler reads.
    if (route.isStream) request.body = ''
    next()
  }
}

async function admitPublic({ limits }: Gate, route: Route, request: Request): Promise<Principal> {
  if (route.method === 'post') await limits.countPublic(addressOf(request))
  return { kind: 'public' }
}

async function admitClient(
  { authenticate, limits, sessions, context }: Gate,
  route: Route,
  request: Request,
): Promise<Principal> {
  const { method, headers, path } = request
  const principal = await authenticate({ method, path, headers }).catch(async (error: unknown) => {
    // An authorization server that is away is nobody's failure.
    if (error instanceof Problem && problems[error.code].status === 401)
      await limits.countFailure(addressOf(request))
    throw error
  })
  if (!isAllowed(principal, route)) {
    throw new Problem(
      'forbidden',
      `${route.operationId} needs one of these scopes: ${route.scopes.join(', ')}.`,
    )
  }
  await limits.countClient(nameOf(principal))
  await sessions.notice(context, principal, headers.authorization)
  return principal
}

/** The role comes with the kind of client, the scope with the token; the contract asks for both. */
function isAllowed(principal: Principal, { roles, scopes }: Route): boolean {
  if (principal.kind === 'public') return false
  return (
    rolesOf(principal).some((role) => roles.includes(role)) &&
    scopes.some((scope) => principal.scopes.has(scope))
  )
}

function rolesOf(principal: Exclude<Principal, { kind: 'public' }>): readonly string[] {
  if (principal.kind === 'telco') return ['telco']
  return [
    ...(principal.scopes.has('decide') ? ['officer'] : []),
    ...(principal.scopes.has('audit') ? ['auditor'] : []),
  ]
}

/**
 * Who is counted: Express's `ip`, which is what the outermost trusted proxy says of its client, and without one the peer. A
 * proxy that does not know its client, or hides it, is counted itself.
 */
function addressOf({ ip = '', socket }: Request): string {
  return countedAddress(ip) ?? countedAddress(socket.remoteAddress ?? '') ?? 'unknown'
}
