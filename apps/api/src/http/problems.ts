/** Every kind of problem the API answers with: its HTTP status and title. `docs/problems.md` derives from it. */
export const problems = {
  'request-invalid': { status: 400, title: 'The request does not fit the contract.' },
  'token-missing': { status: 401, title: 'An access token is needed.' },
  'token-invalid': { status: 401, title: 'The access token is not valid here.' },
  'proof-invalid': { status: 401, title: 'The DPoP proof does not fit the token or the request.' },
  'telco-suspended': { status: 403, title: 'The regulator has suspended this telco.' },
  forbidden: { status: 403, title: 'This client may not do that.' },
  'not-found': { status: 404, title: 'There is no such resource, or it is not yours to see.' },
  'method-not-allowed': { status: 405, title: 'This resource has no such method.' },
  'idempotency-conflict': { status: 409, title: 'This Idempotency-Key was used for another request.' },
  'event-refused': { status: 409, title: 'The case cannot take this event now.' },
  'range-refused': { status: 409, title: 'This range of models cannot be listed so.' },
  'claimant-refused': { status: 403, title: 'This is not the owner of that subscription.' },
  'imei-refused': { status: 422, title: 'This IMEI cannot be blocked.' },
  'feed-under-way': { status: 409, title: 'Another feed of this series is under way.' },
  'feed-not-open': { status: 409, title: 'The feed is not open.' },
  'feed-not-quarantined': { status: 409, title: 'The feed is not waiting for a decision.' },
  'feed-incomplete': { status: 409, title: 'Parts of the feed are missing.' },
  'manifest-invalid': { status: 422, title: 'The manifest is not one of this feed by this telco.' },
  'policy-outdated': { status: 409, title: 'The collection policy has changed.' },
  'opening-not-ready': { status: 409, title: 'The opening cannot take this step now.' },
  'opening-refused': { status: 403, title: 'The custodian does not do this.' },
  'record-gone': { status: 410, title: 'The record can be opened no more.' },
  'budget-spent': { status: 429, title: 'The budget of the day is spent.' },
  'snapshot-needed': { status: 409, title: 'A delta does not fit what is on file.' },
  'digest-mismatch': { status: 422, title: 'The body is not what its digest says.' },
  'version-conflict': { status: 412, title: 'Somebody else changed the case.' },
  'body-too-large': { status: 413, title: 'The body is too large.' },
  'media-type': { status: 415, title: 'This media type or encoding is not accepted here.' },
  'rate-limited': { status: 429, title: 'Too many requests.' },
  internal: { status: 500, title: 'The registry failed. Nothing was changed; try again.' },
  unavailable: { status: 503, title: 'The registry cannot serve this right now.' },
} as const satisfies Record<string, { status: number; title: string }>

/** A key of {@link problems}. */
export type ProblemCode = keyof typeof problems

/** One thing wrong with a request. Names the field, never its value. */
export interface ProblemDetail {
  readonly field: string
  readonly code: string
  readonly remedy: string
}

/** A refusal on its way to the caller. */
export class Problem extends Error {
  readonly code: ProblemCode
  readonly errors: readonly ProblemDetail[]
  readonly retryAfterSeconds: number | undefined

  constructor(
    code: ProblemCode,
    detail: string,
    extra: { errors?: readonly ProblemDetail[]; retryAfterSeconds?: number } = {},
  ) {
    super(detail)
    this.code = code
    this.errors = extra.errors ?? []
    this.retryAfterSeconds = extra.retryAfterSeconds
  }
}

/** The problem as an RFC 9457 document. */
export function problemDocument({ code, message, errors }: Problem): object {
  const { status, title } = problems[code]
  return {
    type: `urn:pcbs:problem:${code}`,
    title,
    status,
    detail: message,
    ...(errors.length > 0 && { errors }),
  }
}
