import { type ClientHttp2Session, connect } from 'node:http2'

/** Opens a session. */
export function openSession(port: number): Promise<ClientHttp2Session> {
  return new Promise((resolve, reject) => {
    const session = connect(`http://127.0.0.1:${port}`)
    session.once('connect', () => resolve(session))
    session.once('error', reject)
  })
}

/** One request; resolves when its answer is whole. */
export function request(session: ClientHttp2Session, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ':path': path })
    stream.on('data', () => {})
    stream.once('end', resolve)
    stream.once('error', reject)
    stream.end()
  })
}

/** Keeps this many requests under way until all are answered; gives requests per second. */
export async function measureRate(
  session: ClientHttp2Session,
  paths: readonly string[],
  concurrency: number,
): Promise<number> {
  const startedMs = performance.now()
  let next = 0
  const work = async () => {
    while (next < paths.length) await request(session, paths[next++] ?? '/')
  }
  await Promise.all(Array.from({ length: concurrency }, work))
  return paths.length / ((performance.now() - startedMs) / 1000)
}
