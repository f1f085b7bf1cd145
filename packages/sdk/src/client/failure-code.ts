/** A code of the system's, of a library's or of PostgreSQL's: ECONNREFUSED, UND_ERR_CONNECT_TIMEOUT, 08006. */
const codeForm = /^(?:[A-Z][A-Z0-9_]{2,60}|[0-9A-Z]{5})$/

/**
 * Why something outside could not be done, as a code that holds nothing of what was sent: the first code or HTTP status in a
 * chain of causes, or the outermost error's name where there is none, as `TimeoutError`.
 */
export function failureCode(error: unknown): string {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const { code, status } = cause as { readonly code?: unknown; readonly status?: unknown }
    if (typeof code === 'string' && codeForm.test(code)) return code
    if (typeof status === 'number') return `HTTP ${status}`
  }
  return error instanceof Error ? error.name : 'unknown'
}
