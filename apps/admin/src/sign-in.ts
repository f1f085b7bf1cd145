import { on, once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  discovery,
  None,
  randomPKCECodeVerifier,
  randomState,
} from 'openid-client'
import { CommandError, type Terminal } from './command.ts'

/** Where an officer signs in, and for what. */
export interface SignInPlace {
  readonly issuerUrl: string
  readonly apiUrl: string
}

const clientId = 'officers'
const path = '/signed-in'

/**
 * Signs an officer in with the browser: OpenID Connect code and PKCE, redirected to this program on loopback
 * (RFC 8252 §7.3). The token stays in memory.
 * @throws {CommandError} when the authorization server is away or lets nobody in
 */
export async function signIn({ issuerUrl, apiUrl }: SignInPlace, terminal: Terminal): Promise<string> {
  const isLocal = ['localhost', '127.0.0.1'].includes(new URL(issuerUrl).hostname)
  const server = await discovery(
    new URL(issuerUrl),
    clientId,
    undefined,
    None(),
    isLocal ? { execute: [allowInsecureRequests] } : {},
  ).catch(() => {
    throw new CommandError(`The authorization server at ${issuerUrl} does not answer.`)
  })
  const listener = createServer()
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const { port } = listener.address() as AddressInfo
  const redirect = `http://127.0.0.1:${port}${path}`
  const [verifier, state] = [randomPKCECodeVerifier(), randomState()]
  try {
    const url = buildAuthorizationUrl(server, {
      redirect_uri: redirect,
      scope: 'openid decide audit',
      resource: apiUrl,
      state,
      code_challenge: await calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    })
    terminal.complain(`Sign in: ${url.href}`)
    const returned = await awaitRedirect(listener, redirect)
    const checks = { pkceCodeVerifier: verifier, expectedState: state }
    const tokens = await authorizationCodeGrant(server, returned, checks, { resource: apiUrl })
    return tokens.access_token
  } catch {
    throw new CommandError('Nobody was signed in.')
  } finally {
    listener.closeAllConnections()
    listener.close()
  }
}

/** The URL with which the browser comes back; other requests are told that there is nothing here. */
async function awaitRedirect(listener: Server, redirect: string): Promise<URL> {
  const requests = on(listener, 'request') as AsyncIterable<[IncomingMessage, ServerResponse]>
  for await (const [request, response] of requests) {
    const url = new URL(request.url ?? '', redirect)
    if (url.pathname === path) {
      const isIn = url.searchParams.has('code')
      const said = isIn ? 'You are signed in.' : 'You were not signed in.'
      response.setHeader('content-type', 'text/plain').end(`${said} Go on in the terminal.\n`)
      return url
    }
    response.writeHead(404).end()
  }
  throw new CommandError('Nobody was signed in.')
}
