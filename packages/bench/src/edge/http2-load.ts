import { type ClientHttp2Session, connect } from 'node:http2'

/** Opens a session. */
export function openSession(port: number): Promise<ClientHttp2Session> {
  return new Promise((resolve, reject) => {
    const session = connect(`http://127.0.0.1:${port}`)
    session.once('connect', () => resolve(session))
    session.once('error', reject)
  })
}
