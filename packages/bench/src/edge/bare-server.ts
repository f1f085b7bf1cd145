import { createServer } from 'node:http2'

/** What everything is measured against: HTTP/2 that answers a constant. */
const server = createServer()
server.on('stream', (stream) => {
  stream.respond({ ':status': 200, 'content-type': 'application/json' })
  stream.end('{"status":"WHITELISTED"}')
})
server.listen(Number(process.argv[2]), '127.0.0.1', () => process.send?.('ready'))
process.once('disconnect', () => process.exit())
process.once('SIGTERM', () => process.exit())
