import { classifyDatabaseFailure } from '@pcbs/store'
import type { ErrorRequestHandler } from 'express'
import { error as validation } from 'express-openapi-validator'
import { proofAlgorithms } from '../auth/dpop.ts'
import type { Context } from '../context.ts'
import { safeFault } from '../log.ts'
import { Problem, type ProblemDetail, problemDocument, problems } from './problems.ts'

/** The last stop of every request that went wrong: says to the caller what they can do, and to the log where it broke. */
export function answerProblem({ log }: Context): ErrorRequestHandler {
  // Express knows an error handler by its four parameters.
  return (error: unknown, _request, response, _next) => {
    const problem = toProblem(error)
    const { status } = problems[problem.code]
    if (status >= 500 || classifyDatabaseFailure(error) === 'value') {
      log('request_failed', { operation: response.locals.operation ?? 'none', ...safeFault(error) })
    }
    if (response.headersSent) {
      response.destroy()
      return
    }
    if (problem.retryAfterSeconds !== undefined)
      response.set('retry-after', String(problem.retryAfterSeconds))
    if (status === 401) response.set('www-authenticate', `DPoP algs="${proofAlgorithms.join(' ')}", Bearer`)
    response
      .status(status)
      .type('application/problem+json')
      .send(JSON.stringify(problemDocument(problem)))
  }
}

function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  if (error instanceof validation.NotFound)
    return new Problem('not-found', 'The contract at /docs has no such path.')
  if (error instanceof validation.MethodNotAllowed)
    return new Problem('method-not-allowed', 'The contract at /docs says which there are.')
  if (error instanceof validation.UnsupportedMediaType)
    return new Problem('media-type', 'The contract at /docs says which there are.')
  if (error instanceof validation.BadRequest)
    return new Problem('request-invalid', 'See errors.', { errors: error.errors.map(detailOf) })
  const { type, code, status } = (error ?? {}) as { type?: unknown; code?: unknown; status?: unknown }
  const known = bodyProblems[String(type)]
  if (known) return known()
  if (error instanceof URIError)
    return malformed('path', 'escape-malformed', 'Escape it as RFC 3986 §2.1 says.')
  // The codes of zlib's own formats, and of brotli and zstandard.
  if (/^(?:Z_|ERR_?_?(?:BROTLI|ZSTD|_ERROR_FORMAT))/.test(String(code)))
    return new Problem('digest-mismatch', 'The compressed body is damaged: send it again.')
  // Express and its parsers say so where it is the request that is at fault.
  if (typeof status === 'number' && status >= 400 && status < 500)
    return status === 404
      ? new Problem('not-found', 'The contract at /docs has no such path.')
      : malformed('request', 'request-malformed', 'Send it as the contract at /docs says.')
  return databaseProblem(error) ?? new Problem('internal', 'The failure is in our log.')
}

function databaseProblem(error: unknown): Problem | undefined {
  const kind = classifyDatabaseFailure(error)
  switch (kind) {
    case 'passing':
      return new Problem('unavailable', 'The database cannot take this now.', { retryAfterSeconds: 2 })
    case 'value':
      // The contract's bounds should have kept it out: it is refused like the rest, and our log tells of it.
      return malformed(
        'request',
        'value-unusable',
        'Send values of the sizes and forms that the contract shows.',
      )
    case undefined:
      return undefined
  }
}

/** What the body parser found wrong, by its own names. */
const bodyProblems: Readonly<Record<string, () => Problem>> = {
  'entity.too.large': () => new Problem('body-too-large', 'A JSON body has at most 256 kB.'),
  'entity.parse.failed': () => malformed('body', 'json-malformed', 'Send well-formed JSON.'),
  'request.size.invalid': () =>
    malformed('body', 'length-mismatch', 'Send as many bytes as Content-Length says.'),
  'request.aborted': () =>
    malformed('body', 'request-aborted', 'The connection broke: send the request again.'),
  'encoding.unsupported': () => new Problem('media-type', 'Content-Encoding is gzip, or left out.'),
  'charset.unsupported': () => new Problem('media-type', 'Send UTF-8.'),
}

function malformed(field: string, code: string, remedy: string): Problem {
  return new Problem('request-invalid', 'See errors.', { errors: [{ field, code, remedy }] })
}

/** The validator's finding without the value it found. */
function detailOf({
  path,
  message,
  errorCode,
}: {
  path: string
  message: string
  errorCode?: string
}): ProblemDetail {
  const code = errorCode?.split('.')[0] ?? 'invalid'
  return {
    field: path.split('/').filter(Boolean).join('.'),
    code,
    remedy: remedies[code] ?? `The value ${message}: see the contract at /docs.`,
  }
}

const remedies: Readonly<Record<string, string>> = {
  additionalProperties: 'Leave it out: the contract does not know it.',
  required: 'Send it: the contract asks for it.',
  pattern: 'Send it in the form that the contract at /docs describes.',
}
