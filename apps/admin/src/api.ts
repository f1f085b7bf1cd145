import type { paths, Schemas } from '@pcbs/contract'
import { officerIdOf } from '@pcbs/seal'
import createClient, { type Client } from 'openapi-fetch'
import { CommandError, type Terminal, UsageError } from './command.ts'
import { signIn } from './sign-in.ts'

/** The API as an officer reaches it. */
export type OfficerApi = Client<paths>

const defaults = {
  apiUrl: 'http://localhost:4000',
  issuerUrl: 'http://localhost:4001',
  clientId: 'officers',
  scope: 'openid decide audit',
  signInSeconds: '180',
} as const

/** The registry answers within this, or it does not. */
const answerPatienceMs = 120_000

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
  const place = {
    apiUrl,
    issuerUrl,
    clientId: environment.PCBS_CLIENT_ID || defaults.clientId,
    scope: environment.PCBS_SIGN_IN_SCOPE || defaults.scope,
    patienceMs: readSeconds(environment, 'PCBS_SIGN_IN_SECONDS', defaults.signInSeconds) * 1000,
  }
  const token = environment.PCBS_ACCESS_TOKEN || (await signIn(place, terminal))
  const api = createClient<paths>({
    baseUrl: apiUrl,
    headers: { authorization: `Bearer ${token}` },
    fetch: (request) =>
      fetch(request, { signal: AbortSignal.timeout(answerPatienceMs) }).catch(() => {
        throw new CommandError(`The registry at ${apiUrl} does not answer.`)
      }),
  })
  return { api, officer: officerOf(token) }
}

function readUrl(environment: Terminal['environment'], name: string, otherwise: string): string {
  const text = environment[name] || otherwise
  if (!URL.canParse(text)) throw new UsageError(`${name} is no URL.`)
  return text
}

function readSeconds(environment: Terminal['environment'], name: string, otherwise: string): number {
  const text = environment[name] || otherwise
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new UsageError(`${name} is a number of seconds, 1 to 9999.`)
  return Number(text)
}

/** The officer whose token it is, by the id that the registry gives them; here it only fills in what is signed. */
function officerOf(token: string): string {
  try {
    const { sub } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as {
      sub?: unknown
    }
    const officer = typeof sub === 'string' ? officerIdOf(sub) : undefined
    if (officer !== undefined) return officer
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
