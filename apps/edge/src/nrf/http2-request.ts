import { type ClientHttp2Session, connect, type SecureClientSessionOptions } from 'node:http2'
import type { NrfTls } from './settings.ts'

/** A request to an NRF: HTTP/2, cleartext with prior knowledge for http. */
export interface Http2Request {
  readonly method: 'PUT' | 'PATCH' | 'DELETE'
  readonly url: URL
  readonly contentType?: string
  readonly body?: string
  readonly tls?: NrfTls
}

/** Its answer. */
export interface Http2Answer {
  readonly status: number
  readonly location: string | undefined
  readonly body: string
}

const patienceMs = 10_000

/** Sends one request on a connection of its own: an edge talks with its NRF twice a minute. */
export function requestHttp2({ method, url, contentType, body, tls }: Http2Request): Promise<Http2Answer> {
  return new Promise((resolve, reject) => {
    const session: ClientHttp2Session = connect(url.origin, clientOptions(tls))
    const fail = (error: Error) => {
      session.destroy()
      reject(error)
    }
    session.once('error', fail)
    session.setTimeout(patienceMs, () =>
      fail(Object.assign(new Error('the NRF is silent'), { code: 'ETIMEDOUT' })),
    )
    const stream = session.request({
      ':method': method,
      ':path': url.pathname + url.search,
      ...(contentType !== undefined && { 'content-type': contentType }),
    })
    stream.once('error', fail)
    let [status, location, text]: [number, string | undefined, string] = [0, undefined, '']
    stream.once('response', (headers) => {
      status = Number(headers[':status'])
      location = headers.location
    })
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
    })
    stream.once('end', () => {
      session.close()
      resolve({ status, location, body: text })
    })
    stream.end(body)
  })
}

function clientOptions(tls: NrfTls | undefined): SecureClientSessionOptions {
  const { ca, certificate, key } = tls ?? {}
  return {
    minVersion: 'TLSv1.2',
    ...(ca !== undefined && { ca }),
    ...(certificate !== undefined && key !== undefined && { cert: certificate, key }),
  }
}
