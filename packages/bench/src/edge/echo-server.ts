import { createServer } from 'node:net'

/** What S13 is measured against: TCP that sends back what it gets. */
const server = createServer((socket) => {
  socket.setNoDelay(true)
  socket.on('error', () => socket.destroy())
  socket.pipe(socket)
})
server.listen(Number(process.argv[2]), '127.0.0.1', () => process.send?.('ready'))
process.once('disconnect', () => process.exit())
process.once('SIGTERM', () => process.exit())
