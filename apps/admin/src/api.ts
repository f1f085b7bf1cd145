import type { paths, Schemas } from '@pcbs/contract'
import createClient, { type Client } from 'openapi-fetch'
import { CommandError, type Terminal, UsageError } from './command.ts'
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
  const apiUrl = readUrl(environment, 'PCBS_API_URL', defaults.apiUrl)
  const issuerUrl = readUrl(environment, 'PCBS_ISSUER', defaults.issuerUrl)
  const token = environment.PCBS_ACCESS_TOKEN || (await signIn({ apiUrl, issuerUrl }, terminal))
  const api = createClient<paths>({
    baseUrl: apiUrl,
    headers: { authorization: `Bearer ${token}` },
    fetch: (request) =>
      fetch(request).catch(() => {
        throw new CommandError(`The registry at ${apiUrl} does not answer.`)
      }),
  })
  return { api, officer: subjectOf(token) }
}

function readUrl(environment: Terminal['environment'], name: string, otherwise: string): string {
  const text = environment[name] || otherwise
  if (!URL.canParse(text)) throw new UsageError(`${name} is no URL.`)
  return text
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
  // Where there are errors, the detail points to them.
  throw new CommandError([title, remedies.length > 0 ? '' : detail, ...remedies].filter(Boolean).join(' '))
}
