import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** As much of a Redis client as the benches need: commands in, integers or `OK` out, in their order. */
export class RedisClient {
  readonly #socket: Socket
  readonly #waiting: ((reply: string) => void)[] = []
  #rest = ''

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      this.#rest += chunk
      const lines = this.#rest.split('\r\n')
      this.#rest = lines.pop() ?? ''
      for (const line of lines) this.#waiting.shift()?.(line)
    })
  }

  static async connect(port: number): Promise<RedisClient> {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    return new RedisClient(socket.setNoDelay(true))
  }

  /** Sends a command; its reply is one line. */
  send(...words: readonly string[]): Promise<string> {
    const body = words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')
    this.#socket.write(`*${words.length}\r\n${body}`)
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  close(): void {
    this.#socket.destroy()
  }
}
