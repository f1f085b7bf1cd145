/** A code of the system's, of a library's or of PostgreSQL's: ECONNREFUSED, UND_ERR_CONNECT_TIMEOUT, 08006. */
const codeForm = /^(?:[A-Z][A-Z0-9_]{2,60}|[0-9A-Z]{5})$/

/**
 * Why something outside could not be done, in a word that holds nothing of what was sent: the code or HTTP status of the
 * innermost error of a chain of causes that has one, as `ECONNREFUSED` behind a stream that was cancelled for it; where there
 * is none, the innermost error's name, as `TimeoutError`.
 */
export function failureCode(error: unknown): string {
  let [found, name]: (string | undefined)[] = []
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const { code, status } = cause as { readonly code?: unknown; readonly status?: unknown }
    if (typeof code === 'string' && codeForm.test(code)) found = code
    else if (typeof status === 'number') found = `HTTP ${status}`
    name = cause.name
  }
  return found ?? name ?? 'unknown'
}
