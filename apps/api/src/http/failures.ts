import type { ErrorRequestHandler } from 'express'
import { error as validation } from 'express-openapi-validator'
import type { Context } from '../context.ts'
import { safeFault } from '../log.ts'
import { Problem, type ProblemDetail, problemDocument, problems } from './problems.ts'

/** The last stop of every request that went wrong: says to the caller what they can do, and to the log where it broke. */
export function answerProblem({ log }: Context): ErrorRequestHandler {
  // Express knows an error handler by its four parameters.
  return (error: unknown, _request, response, _next) => {
    const problem = toProblem(error)
    const { status } = problems[problem.code]
    if (status >= 500) {
      log('request_failed', { operation: response.locals.operation ?? 'none', ...safeFault(error) })
    }
    if (response.headersSent) {
      response.destroy()
      return
    }
    if (problem.retryAfterSeconds !== undefined)
      response.set('retry-after', String(problem.retryAfterSeconds))
    if (status === 401) response.set('www-authenticate', 'DPoP algs="EdDSA ES256", Bearer')
    response
      .status(status)
      .type('application/problem+json')
      .send(JSON.stringify(problemDocument(problem)))
  }
}

/**
 * SQLSTATE classes and network errors that pass by themselves: the database restarts, its disk or its connections are
 * all in use, or two transactions met.
 */
const passing = /^(?:08|40|53|57P0|58|ECONNREFUSED|ECONNRESET|EPIPE)/

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
  const { type, code } = error as { type?: unknown; code?: unknown }
  const known = bodyProblems[String(type)]
  if (known) return known()
  if (passing.test(String(code)))
    return new Problem('unavailable', 'The database cannot take this now.', { retryAfterSeconds: 2 })
  // zlib's own codes.
  if (String(code).startsWith('Z_'))
    return new Problem('digest-mismatch', 'The gzip of the body is damaged: send it again.')
  return new Problem('internal', 'The failure is in our log.')
}

/** What the body parser found wrong, by its own names. */
const bodyProblems: Readonly<Record<string, () => Problem>> = {
  'entity.too.large': () => new Problem('body-too-large', 'A JSON body has at most 256 kB.'),
  'entity.parse.failed': () => malformed('json-malformed', 'Send well-formed JSON.'),
  'request.size.invalid': () => malformed('length-mismatch', 'Send as many bytes as Content-Length says.'),
  'request.aborted': () => malformed('request-aborted', 'The connection broke: send the request again.'),
  'encoding.unsupported': () => new Problem('media-type', 'Content-Encoding is gzip, or left out.'),
  'charset.unsupported': () => new Problem('media-type', 'Send UTF-8.'),
}

function malformed(code: string, remedy: string): Problem {
  return new Problem('request-invalid', 'See errors.', { errors: [{ field: 'body', code, remedy }] })
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
