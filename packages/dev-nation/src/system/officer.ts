import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  discovery,
  None,
  randomPKCECodeVerifier,
} from 'openid-client'
import { officersClientId } from '../authorization-server/settings.ts'

/** Who signs in where. */
export interface OfficerCredentials {
  readonly issuerUrl: string
  readonly apiUrl: string
  readonly officer: string
  readonly password: string
}

const redirectUri = 'http://127.0.0.1/signed-in'

/**
 * Signs an officer in as a browser would: authorization code and PKCE, the sign-in form, the redirects.
 * @returns an access token for the API
 */
export async function signInOfficer({
  issuerUrl,
  apiUrl,
  officer,
  password,
}: OfficerCredentials): Promise<string> {
  const server = await discovery(new URL(issuerUrl), officersClientId, undefined, None(), {
    execute: [allowInsecureRequests],
  })
  const verifier = randomPKCECodeVerifier()
  const start = buildAuthorizationUrl(server, {
    redirect_uri: redirectUri,
    scope: 'openid decide audit',
    resource: apiUrl,
    code_challenge: await calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  })
  const browser = new Browser()
  const form = await browser.follow(start)
  const finished = await browser.follow(form, new URLSearchParams({ officer, password }))
  if (finished.origin + finished.pathname !== redirectUri) throw new Error('the officer was not signed in')
  const tokens = await authorizationCodeGrant(
    server,
    finished,
    { pkceCodeVerifier: verifier },
    { resource: apiUrl },
  )
  return tokens.access_token
}

/** Signs an officer in where a program asks for it, as they would in their browser: the form, and back to the program. */
export async function signInAsBrowser(start: URL, officer: string, password: string): Promise<void> {
  const browser = new Browser()
  const form = await browser.follow(start)
  await browser.follow(form, new URLSearchParams({ officer, password }))
}

/** The little of a browser that signing in takes: redirects and cookies. */
class Browser {
  readonly #cookies = new Map<string, string>()

  /** Goes to a page, or posts a form to it, and on to where that redirects; stops before the client's own URL. */
  async follow(url: URL, form?: URLSearchParams): Promise<URL> {
    let current = url
    let body = form
    for (let hops = 0; hops < 10; hops++) {
      if (current.href.startsWith(redirectUri)) return current
      const response = await fetch(current, {
        method: body ? 'POST' : 'GET',
        body: body ?? null,
        redirect: 'manual',
        headers: { cookie: [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      })
      for (const cookie of response.headers.getSetCookie()) {
        const [pair = ''] = cookie.split(';')
        const [name = '', ...value] = pair.split('=')
        this.#cookies.set(name, value.join('='))
      }
      const location = response.headers.get('location')
      await response.body?.cancel()
      if (!location) return current
      current = new URL(location, current)
      body = undefined
    }
    throw new Error('the authorization server redirects without end')
  }
}
