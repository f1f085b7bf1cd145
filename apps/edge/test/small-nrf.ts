import { once } from 'node:events'
import {
  createSecureServer,
  createServer,
  type SecureServerOptions,
  type ServerHttp2Session,
} from 'node:http2'
import type { AddressInfo } from 'node:net'

/** One request that an NRF got. */
export interface NrfRequest {
  readonly method: string
  readonly path: string
  readonly contentType: string | undefined
  readonly body: unknown
}

/** An NRF that keeps NF instances as TS 29.510 §5.2.2 says, and what it was asked. */
export interface SmallNrf {
  readonly url: string
  readonly requests: readonly NrfRequest[]
  /** Registered instances by their ids. */
  readonly instances: ReadonlyMap<string, unknown>
  /** Forgets everybody, as a restart does. */
  forget(): void
  /** Resolves at the next request of this method. */
  next(method: string): Promise<NrfRequest>
  stop(): Promise<void>
}

/**
 * Starts an NRF that wants a heart-beat every second; `isElsewhere` sends registrations on once with 307, `tls` has it speak
 * TLS.
 */
export async function startSmallNrf({
  isElsewhere = false,
  tls,
}: {
  isElsewhere?: boolean
  tls?: SecureServerOptions
} = {}): Promise<SmallNrf> {
  const requests: NrfRequest[] = []
  const instances = new Map<string, unknown>()
  const waiting = new Map<string, (request: NrfRequest) => void>()
  const sessions = new Set<ServerHttp2Session>()
  let redirects = isElsewhere ? 1 : 0
  const server = tls ? createSecureServer(tls) : createServer()
  server.on('session', (session) => {
    sessions.add(session)
    session.once('close', () => sessions.delete(session))
  })
  server.on('stream', async (stream, headers) => {
    let text = ''
    for await (const chunk of stream.setEncoding('utf8')) text += chunk
    const method = String(headers[':method'])
    const path = String(headers[':path'])
    const id = path.split('/').at(-1) ?? ''
    const request = {
      method,
      path,
      contentType: headers['content-type'],
      body: text ? JSON.parse(text) : undefined,
    }
    const answer = (status: number, body?: object, more: Record<string, string> = {}) => {
      stream.respond({ ':status': status, ...more })
      stream.end(body && JSON.stringify(body))
    }
    if (method === 'PUT' && redirects-- > 0) answer(307, undefined, { location: `${path}?on=1` })
    else if (method === 'PUT') {
      const isNew = !instances.has(id)
      instances.set(id, request.body)
      answer(isNew ? 201 : 200, { ...(request.body as object), heartBeatTimer: 1 }, { location: path })
    } else if (!instances.has(id)) answer(404, { status: 404, cause: 'RESOURCE_URI_STRUCTURE_NOT_FOUND' })
    else if (method === 'PATCH') answer(204)
    else {
      instances.delete(id)
      answer(204)
    }
    requests.push(request)
    waiting.get(method)?.(request)
    waiting.delete(method)
  })
  await once(server.listen(0, 'localhost'), 'listening')
  return {
    url: `${tls ? 'https' : 'http'}://localhost:${(server.address() as AddressInfo).port}`,
    requests,
    instances,
    forget: () => instances.clear(),
    next: (method) => new Promise((resolve) => waiting.set(method, resolve)),
    async stop() {
      for (const session of sessions) session.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
