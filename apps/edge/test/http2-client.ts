import { type ClientHttp2Session, connect, constants, type SecureClientSessionOptions } from 'node:http2'

/** An answer over HTTP/2, its body read as JSON. */
export interface Http2Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: Readonly<Record<string, unknown>>
}

/** Opens a session; rejects where the peer does not let it. */
export function openSession(
  url: string,
  options: SecureClientSessionOptions = {},
): Promise<ClientHttp2Session> {
  return new Promise((resolve, reject) => {
    const session = connect(url, options)
    session.once('connect', () => resolve(session))
    session.once('error', reject)
    session.once('close', () => reject(new Error('the session was closed')))
  })
}

/** Sends one request on a session. */
export function ask(
  session: ClientHttp2Session,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  body?: string,
): Promise<Http2Reply> {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ':path': path, ...headers }, { endStream: body === undefined })
    let [text, head]: [string, Record<string, unknown>] = ['', {}]
    stream.once('response', (received) => {
      head = received
    })
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
    })
    stream.once('end', () => {
      const status = Number(head[constants.HTTP2_HEADER_STATUS])
      if (text === '') reject(new Error('the stream ended without an answer'))
      else resolve({ status, headers: head, body: JSON.parse(text) })
    })
    stream.once('error', reject)
    if (body !== undefined) stream.end(body)
  })
}

/** The path of a check. */
export function checkPath(pei: string, more = ''): string {
  return `/n5g-eir-eic/v1/equipment-status?pei=${pei}${more}`
}
