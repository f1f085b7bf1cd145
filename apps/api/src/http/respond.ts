import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Request, RequestHandler, Response } from 'express'
import type { Context } from '../context.ts'
import type { Route } from './contract.ts'
import type { AnyHandler } from './operation.ts'

/** Express around a handler: the checked request in, the answer out. */
export function respond(context: Context, route: Route, handler: AnyHandler): RequestHandler {
  return async (request, response) => {
    const gone = new AbortController()
    response.once('close', () => gone.abort())
    const { openapi } = request as Request & { openapi?: { pathParams?: object } }
    const input = {
      path: openapi?.pathParams ?? {},
      query: request.query,
      body: request.body,
      principal: response.locals.principal,
      header: (name: string) => request.get(name),
      stream: route.isStream ? request : Readable.from([]),
      signal: gone.signal,
      // Admission set the principal and the validator held everything else against this operation's contract.
    } as never
    const { status, body, headers = {} } = await handler(input, context)
    response.status(status).set(headers)
    if (body === undefined) response.end()
    else if (body instanceof Readable) await send(body, response)
    else if (typeof body === 'string') response.send(body)
    else response.json(body)
  }
}

/** Sends bytes as they come. What breaks off in between has no other answer than a connection that ends. */
async function send(body: Readable, response: Response): Promise<void> {
  await pipeline(body, response).catch(() => response.destroy())
}
