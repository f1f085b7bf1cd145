import { createServer, type IncomingHttpHeaders } from 'node:http2'
import { Pool } from 'pg'
import { RedisClient } from '../redis/client.ts'
import { redisKey } from '../redis/server.ts'

/** What one would do without an index of one's own: HTTP/2 that asks a database for every check. */
const [port = '', kind = '', at = ''] = process.argv.slice(2)

async function openLookup(): Promise<(imei: string) => Promise<boolean>> {
  if (kind === 'redis') {
    const client = await RedisClient.connect(Number(at))
    return async (imei) => (await client.send('SISMEMBER', redisKey, imei)) === ':1'
  }
  const pool = new Pool({ connectionString: at, max: 10 })
  const query = { name: 'check', text: 'SELECT status FROM list_entry WHERE imei = $1' }
  return async (imei) => (await pool.query({ ...query, values: [imei] })).rowCount === 1
}

const isListed = await openLookup()
const server = createServer()
server.on('stream', (stream, headers: IncomingHttpHeaders) => {
  const path = String(headers[':path'])
  const pei = new URLSearchParams(path.slice(path.indexOf('?') + 1)).get('pei') ?? ''
  void isListed(pei.replace(/^imeisv-/, '').slice(0, 14)).then((listed) => {
    stream.respond({ ':status': 200, 'content-type': 'application/json' })
    stream.end(listed ? '{"status":"BLACKLISTED"}' : '{"status":"WHITELISTED"}')
  })
})
server.listen(Number(port), '127.0.0.1', () => process.send?.('ready'))
process.once('disconnect', () => process.exit())
process.once('SIGTERM', () => process.exit())
