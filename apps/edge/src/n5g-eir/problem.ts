import type { OutgoingHttpHeaders } from 'node:http2'

/** What goes back on a stream. */
export interface Answer {
  readonly head: OutgoingHttpHeaders
  readonly body: string
}

/** Writes an answer down; those that are given again and again are made once. */
export function makeAnswer(
  status: number,
  contentType: string,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return {
    head: { ':status': status, 'content-type': contentType, ...headers },
    body: JSON.stringify(body),
  }
}

/** How long an overloaded edge asks to be left alone. */
const retryAfterSeconds = '1'

/**
 * Refusals, each with its status and, where the standards have one, its cause: TS 29.500 §5.2.7.2, and TS 29.511
 * §6.1.7.3 for the unknown equipment.
 */
const refusals = {
  MANDATORY_QUERY_PARAM_MISSING: { status: 400, title: 'A mandatory query parameter is missing' },
  MANDATORY_QUERY_PARAM_INCORRECT: { status: 400, title: 'A mandatory query parameter is incorrect' },
  ERROR_EQUIPMENT_UNKNOWN: { status: 404, title: 'The equipment is unknown' },
  RESOURCE_URI_STRUCTURE_NOT_FOUND: { status: 404, title: 'There is no such resource' },
  METHOD_NOT_ALLOWED: { status: 405, title: 'The resource has no such method', headers: { allow: 'GET' } },
  NF_CONGESTION: {
    status: 503,
    title: 'The edge is behind with its work',
    headers: { 'retry-after': retryAfterSeconds },
  },
  tokenInvalid: {
    status: 401,
    title: 'An access token is needed',
    headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
  },
  scopeInsufficient: {
    status: 403,
    title: 'The access token is for another service',
    headers: { 'www-authenticate': 'Bearer error="insufficient_scope", scope="n5g-eir-eic"' },
  },
  uriTooLong: { status: 414, title: 'The URI is too long' },
  bodyTooLarge: { status: 413, title: 'A check has no body' },
} as const satisfies Record<
  string,
  { status: number; title: string; headers?: Readonly<Record<string, string>> }
>

/** A key of the refusals: a cause of 3GPP's in capitals, or one for which there is none. */
export type Refusal = keyof typeof refusals

/** A 3GPP problem (TS 29.571 §5.2.4.1). It names a parameter, never its value: that may be a person's. */
export function problem(refusal: Refusal, param: string | undefined, reason: string): Answer {
  const { status, title, ...rest } = refusals[refusal]
  const invalidParams = param === undefined ? {} : { invalidParams: [{ param, reason }] }
  const cause = refusal.toUpperCase() === refusal ? { cause: refusal } : {}
  const body = { title, status, detail: reason, ...cause, ...invalidParams }
  return makeAnswer(status, 'application/problem+json', body, 'headers' in rest ? rest.headers : {})
}
