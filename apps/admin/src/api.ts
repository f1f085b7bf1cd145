import type { paths, Schemas } from '@pcbs/contract'
import createClient, { type Client } from 'openapi-fetch'
import { CommandError, type Terminal } from './command.ts'
import { signIn } from './sign-in.ts'

/** The API as an officer reaches it. */
export type OfficerApi = Client<paths>

const defaults = { apiUrl: 'http://localhost:4000', issuerUrl: 'http://localhost:4001' } as const

/** Signs an officer in at the registry. */
export async function connectOfficer(terminal: Terminal): Promise<OfficerApi> {
  const { environment } = terminal
  const apiUrl = environment.PCBS_API_URL ?? defaults.apiUrl
  const issuerUrl = environment.PCBS_ISSUER ?? defaults.issuerUrl
  const token = environment.PCBS_ACCESS_TOKEN ?? (await signIn({ apiUrl, issuerUrl }, terminal))
  return createClient<paths>({ baseUrl: apiUrl, headers: { authorization: `Bearer ${token}` } })
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
