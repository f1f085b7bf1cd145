import { once } from 'node:events'
import { createServer } from 'node:net'

/** A loopback port that nobody listens on right now. */
export async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port was given')
  return address.port
}

/** Free ports for one registry. */
export async function findRegistryPorts(): Promise<{
  api: number
  authorization: number
  custodian: number
}> {
  return { api: await findFreePort(), authorization: await findFreePort(), custodian: await findFreePort() }
}
