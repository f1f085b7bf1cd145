import type { RequestHandler } from 'express'
import { nameOf, type Principal } from '../auth/principal.ts'
import type { Context } from '../context.ts'
import type { Route } from './contract.ts'

/** Measures and logs a request once it is answered: which operation, who, how it ended. Never what was in it. */
export function observe({ log, metrics }: Context, { operationId }: Route): RequestHandler {
  return (_request, response, next) => {
    const startedMs = performance.now()
    response.locals.operation = operationId
    response.once('close', () => {
      const tookMs = Math.round(performance.now() - startedMs)
      const principal: Principal | undefined = response.locals.principal
      const status = response.statusCode
      metrics.requestSeconds.observe({ operation: operationId, status: String(status) }, tookMs / 1000)
      log('request', {
        operation: operationId,
        status,
        tookMs,
        client: principal ? nameOf(principal) : 'unknown',
      })
    })
    next()
  }
}
