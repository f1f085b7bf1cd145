/** What goes back on a stream. */
export interface Answer {
  readonly status: number
  readonly contentType: string
  readonly body: string
}

/** Causes and their statuses: TS 29.500 §5.2.7.2, and TS 29.511 §6.1.7.3 for the unknown equipment. */
const causes = {
  MANDATORY_QUERY_PARAM_MISSING: { status: 400, title: 'A mandatory query parameter is missing' },
  MANDATORY_QUERY_PARAM_INCORRECT: { status: 400, title: 'A mandatory query parameter is incorrect' },
  OPTIONAL_QUERY_PARAM_INCORRECT: { status: 400, title: 'An optional query parameter is incorrect' },
  ERROR_EQUIPMENT_UNKNOWN: { status: 404, title: 'The equipment is unknown' },
  RESOURCE_URI_STRUCTURE_NOT_FOUND: { status: 404, title: 'There is no such resource' },
  METHOD_NOT_ALLOWED: { status: 405, title: 'The resource has no such method' },
} as const

/** A cause of this service. */
export type Cause = keyof typeof causes

/** A 3GPP problem (TS 29.571 §5.2.4.1). It names a parameter, never its value: that may be a person's. */
export function problem(cause: Cause, param: string | undefined, reason: string): Answer {
  const { status, title } = causes[cause]
  const invalidParams = param === undefined ? {} : { invalidParams: [{ param, reason }] }
  return {
    status,
    contentType: 'application/problem+json',
    body: JSON.stringify({ title, status, detail: reason, cause, ...invalidParams }),
  }
}
