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

/** Where an officer signs in, for what, and by when. */
export interface SignInPlace {
  readonly issuerUrl: string
  readonly apiUrl: string
  /** The client that the provider knows this program by. */
  readonly clientId: string
  /** What is asked for; `openid` among it. */
  readonly scope: string
  /** How long the browser is waited for. */
  readonly patienceMs: number
}

const path = '/signed-in'

/**
 * Signs an officer in with the browser: OpenID Connect code and PKCE, redirected to this program on loopback
 * (RFC 8252 §7.3). The token stays in memory.
 * @throws {CommandError} when the authorization server is away or lets nobody in, or nobody comes back in time
 */
export async function signIn(place: SignInPlace, terminal: Terminal): Promise<string> {
  const { issuerUrl, apiUrl, clientId, scope, patienceMs } = place
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
      scope,
      resource: apiUrl,
      state,
      code_challenge: await calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    })
    terminal.complain(`Sign in: ${url.href}`)
    terminal.complain(`Waiting for that for ${describePatience(patienceMs)}; Ctrl-C ends it.`)
    const returned = await awaitRedirect(listener, { redirect, state, patienceMs })
    const checks = { pkceCodeVerifier: verifier, expectedState: state }
    const tokens = await authorizationCodeGrant(server, returned, checks, { resource: apiUrl })
    return tokens.access_token
  } catch (error) {
    throw error instanceof CommandError ? error : new CommandError('Nobody was signed in.')
  } finally {
    listener.closeAllConnections()
    listener.close()
  }
}

/** What the browser comes back with, and until when it is waited for. */
interface Redirect {
  readonly redirect: string
  readonly state: string
  readonly patienceMs: number
}

/**
 * The URL with which the browser comes back from this sign-in; any other request is told that there is nothing here.
 * @throws {CommandError} when the time is over
 */
async function awaitRedirect(listener: Server, { redirect, state, patienceMs }: Redirect): Promise<URL> {
  const isOver = AbortSignal.timeout(patienceMs)
  try {
    const requests = on(listener, 'request', { signal: isOver }) as AsyncIterable<
      [IncomingMessage, ServerResponse]
    >
    for await (const [request, response] of requests) {
      const url = URL.canParse(request.url ?? '', redirect) ? new URL(request.url ?? '', redirect) : undefined
      if (url?.pathname === path && url.searchParams.get('state') === state) {
        const isIn = url.searchParams.has('code')
        const said = isIn ? 'You are signed in.' : 'You were not signed in.'
        response.setHeader('content-type', 'text/plain').end(`${said} Go on in the terminal.\n`)
        return url
      }
      response.writeHead(404).end()
    }
  } catch (error) {
    if (!isOver.aborted) throw error
  }
  throw new CommandError(`Nobody signed in within ${describePatience(patienceMs)}: give the command again.`)
}

function describePatience(patienceMs: number): string {
  const seconds = Math.round(patienceMs / 1000)
  return seconds % 60 === 0 ? `${seconds / 60} minutes` : `${seconds} seconds`
}
