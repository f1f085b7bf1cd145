import type { paths, Schemas } from '@pcbs/contract'
import createClient, { type Client } from 'openapi-fetch'
import { CommandError, type Terminal } from './command.ts'
import { signIn } from './sign-in.ts'

/** The API as an officer reaches it. */
export type OfficerApi = Client<paths>

const defaults = { apiUrl: 'http://localhost:4000', issuerUrl: 'http://localhost:4001' } as const

/** Signs an officer in at the registry. */
export async function connectOfficer(terminal: Terminal): Promise<OfficerApi> {
  return (await signInOfficer(terminal)).api
}

/** The same, and who it is that signed in. */
export async function signInOfficer(
  terminal: Terminal,
): Promise<{ readonly api: OfficerApi; readonly officer: string }> {
  const { environment } = terminal
  const apiUrl = environment.PCBS_API_URL ?? defaults.apiUrl
  const issuerUrl = environment.PCBS_ISSUER ?? defaults.issuerUrl
  const token = environment.PCBS_ACCESS_TOKEN ?? (await signIn({ apiUrl, issuerUrl }, terminal))
  const api = createClient<paths>({ baseUrl: apiUrl, headers: { authorization: `Bearer ${token}` } })
  return { api, officer: subjectOf(token) }
}

/** Who a token is for; the registry checks it, here it only fills in what is signed. */
function subjectOf(token: string): string {
  try {
    const { sub } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as {
      sub?: unknown
    }
    if (typeof sub === 'string') return sub
  } catch {
    // Said below.
  }
  throw new CommandError('The access token does not say whose it is.')
}

/**
 * The body of an answer.
 * @throws {CommandError} with the registry's own words where it refused
 */
export function expectAnswer<Body>(answer: {
  readonly data?: Body
  readonly error?: Schemas['Problem']
}): Body {
  if (answer.data !== undefined) return answer.data
  const { title = 'The registry refused.', detail = '', errors = [] } = answer.error ?? {}
  const remedies = errors.map(({ field, remedy }) => `${field}: ${remedy}`)
  throw new CommandError([title, detail, ...remedies].filter(Boolean).join(' '))
}
