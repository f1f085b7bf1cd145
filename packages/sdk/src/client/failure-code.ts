/** A system's or a library's code: ECONNREFUSED, UND_ERR_CONNECT_TIMEOUT. */
const codeForm = /^[A-Z][A-Z0-9_]{2,60}$/

/**
 * Why something outside could not be reached, as a code that holds nothing of what was sent: the first one in a chain of
 * causes, or the outermost error's name where there is none, as `TimeoutError`.
 */
export function failureCode(error: unknown): string {
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if ('code' in cause && typeof cause.code === 'string' && codeForm.test(cause.code)) return cause.code
  return error instanceof Error ? error.name : 'unknown'
}
