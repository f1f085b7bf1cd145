import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { adapterNodeFlags, appModule } from '@pcbs/dev-nation'
import type { Place } from './places.ts'

/** A first load writes far more. */
const leastBytes = 10_000

/** A write to a file or anything else, as strace tells it with every byte in hex. */
const written = /\b(?:write|pwrite64|writev|pwritev2?|sendto|sendmsg)\(.*?"((?:\\x[0-9a-f]{2})*)"/

/**
 * Everything that an adapter gives to the system in one sync, be it for a file, a socket or a terminal; `undefined` where
 * there is no strace.
 */
export async function writesOfAdapter(configuration: string, traceFile: string): Promise<Place | undefined> {
  const line = [
    '-f',
    '-qq',
    '-xx',
    '-s',
    '1000000',
    '-e',
    'trace=write,pwrite64,writev,pwritev,pwritev2,sendto,sendmsg',
  ]
  const adapter = [
    process.execPath,
    ...adapterNodeFlags,
    fileURLToPath(appModule('adapter-sql')),
    configuration,
  ]
  const tracer = spawn('strace', [...line, '-o', traceFile, ...adapter, '--once'], { stdio: 'ignore' })
  const code = await Promise.race([
    once(tracer, 'exit').then(([status]) => status as number | null),
    once(tracer, 'error').then(() => undefined),
  ])
  if (code === undefined) return undefined
  if (code !== 0) throw new Error(`the traced adapter ended with ${code}`)
  return async (finder) => {
    let bytes = 0
    for await (const text of createInterface({ input: createReadStream(traceFile, 'latin1') })) {
      const [, hex = ''] = written.exec(text) ?? []
      if (hex === '') continue
      const content = Buffer.from(hex.replaceAll('\\x', ''), 'hex')
      bytes += content.length
      finder.search(content)
    }
    if (bytes < leastBytes) throw new Error('the trace saw next to nothing: it proves nothing')
  }
}
