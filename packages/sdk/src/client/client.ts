import type { paths, Schemas } from '@pcbs/contract'
import createClient, { type Client } from 'openapi-fetch'
import { unlessAborted } from '../adapter/aborted.ts'
import { SdkError } from '../errors.ts'
import { type Access, type AccessOptions, createAccess } from './access.ts'
import { fetchPatiently, patientPolicy, type RetryPolicy } from './retry.ts'

/** The registry's API, every operation typed by the contract. */
export type RegistryClient = Client<paths>

/** A client for one telco: signs in, proves possession, tries again. */
export async function createRegistryClient(
  options: AccessOptions,
  policy: RetryPolicy = patientPolicy,
): Promise<RegistryClient> {
  const access = await createAccess(options, policy)
  return createClient<paths>({
    baseUrl: options.registryUrl,
    fetch: (request) => fetchSigned(access, policy, request),
  })
}

async function fetchSigned(access: Access, policy: RetryPolicy, request: Request): Promise<Response> {
  // Read once: a body that went out with a try that failed could not be sent again.
  const body = request.body === null ? null : await request.arrayBuffer()
  const signed = async () => {
    const headers = new Headers(request.headers)
    // The token may be under way for others too: who gives his request up leaves it to them.
    const signing = await unlessAborted(request.signal, access.headersFor(request.method, request.url))
    for (const [name, value] of Object.entries(signing)) headers.set(name, value)
    return new Request(request.url, { method: request.method, headers, body, signal: request.signal })
  }
  const response = await fetchPatiently(policy, signed)
  if (response.status !== 401) return response
  access.forget()
  return fetchPatiently(policy, signed)
}

/**
 * What the registry answered, or its refusal as an error.
 * @throws {SdkError} `registry-refused`, with the problem
 */
export function expectAnswer<Data>(result: { data?: Data; error?: unknown; response: Response }): Data {
  if (result.response.ok) return result.data as Data
  const problem = result.error as Schemas['Problem'] | undefined
  const errors = problem?.errors?.map(({ field, code, remedy }) => `${field}: ${code}. ${remedy}`).join(' ')
  const detail = problem ? `${problem.title} ${errors ?? problem.detail}` : `HTTP ${result.response.status}.`
  throw new SdkError('registry-refused', detail, problem ? { problem } : {})
}
