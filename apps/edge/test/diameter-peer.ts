import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import {
  type Avp,
  decodeAvps,
  encodeAvp,
  encodeGroup,
  encodeNumber,
  encodeText,
  findAvp,
  readNumber,
} from '../src/s13/avp.ts'
import {
  type AvpName,
  applications,
  avps,
  commands,
  noStateMaintained,
  results,
  vendor3gpp,
} from '../src/s13/dictionary.ts'
import { decodeMessage, encodeMessage, type Message, MessageReader } from '../src/s13/message.ts'

/** A request's header, but for what a test says of it. */
export type Header = Partial<Omit<Message, 'avps' | 'version'>>

/** Writes a request. */
export function request(header: Header, content: readonly Buffer[]): Buffer {
  const plain = { isRequest: true, isProxiable: false, isError: false, hopByHop: 1, endToEnd: 1 }
  return encodeMessage({ ...plain, command: 0, application: 0, ...header }, content)
}

const origin = [encodeText(avps.originHost, 'mme.test'), encodeText(avps.originRealm, 'test')]

/** What a peer's first message holds, by AVP: leave one out, or add one. */
export function capabilitiesContent(application: number = applications.s13): Map<AvpName, Buffer> {
  return new Map<AvpName, Buffer>([
    [avps.originHost, origin[0] as Buffer],
    [avps.originRealm, origin[1] as Buffer],
    [avps.hostIpAddress, encodeAvp(avps.hostIpAddress, Buffer.from([0, 1, 127, 0, 0, 1]))],
    [avps.vendorId, encodeNumber(avps.vendorId, 0)],
    [avps.productName, encodeText(avps.productName, 'a test')],
    [
      avps.vendorSpecificApplicationId,
      encodeGroup(avps.vendorSpecificApplicationId, [
        encodeNumber(avps.vendorId, vendor3gpp),
        encodeNumber(avps.authApplicationId, application),
      ]),
    ],
  ])
}

/** A peer's first message. */
export function capabilitiesRequest(application: number = applications.s13, from = origin): Buffer {
  const [, , ...content] = capabilitiesContent(application).values()
  return request({ command: commands.capabilitiesExchange }, [...from, ...content])
}

/** What an ME-Identity-Check holds, by AVP: leave one out, or add one. */
export function checkContent(imei: string, imsi?: string): Map<AvpName, Buffer> {
  return new Map<AvpName, Buffer>([
    [avps.sessionId, encodeText(avps.sessionId, 'mme.test;1;2')],
    [avps.authSessionState, encodeNumber(avps.authSessionState, noStateMaintained)],
    [avps.originHost, origin[0] as Buffer],
    [avps.originRealm, origin[1] as Buffer],
    [avps.destinationRealm, encodeText(avps.destinationRealm, 'telco-a.test')],
    [avps.terminalInformation, encodeGroup(avps.terminalInformation, [encodeText(avps.imei, imei)])],
    ...(imsi === undefined ? [] : [[avps.userName, encodeText(avps.userName, imsi)] as const]),
  ])
}

/** An ME-Identity-Check. */
export function checkRequest(content: ReadonlyMap<AvpName, Buffer>, header: Header = {}): Buffer {
  const plain = { command: commands.meIdentityCheck, application: applications.s13, isProxiable: true }
  return request({ ...plain, ...header }, [...content.values()])
}

/** An answer, read. */
export interface ReadAnswer extends Message {
  readonly result: number | undefined
  readonly experimental: number | undefined
  readonly status: number | undefined
  readonly found: readonly Avp[]
}

/** The messages that are whole once this has arrived. */
export function messagesIn(reader: MessageReader, chunk: Buffer): (Message | 'broken')[] {
  const found: (Message | 'broken')[] = []
  reader.push(chunk)
  for (let at = reader.next(); at !== undefined; at = reader.next()) {
    if (at === 'broken') return [...found, 'broken']
    found.push(decodeMessage(reader.bytes.subarray(at, reader.end)))
  }
  return found
}

/** A connection to a server of ours. */
export class DiameterPeer {
  readonly socket: Socket
  readonly #reader = new MessageReader()
  readonly #answers: ReadAnswer[] = []
  /** What the server asked. */
  readonly requests: Message[] = []
  isClosed = false
  /** How many of the server's requests are still answered. */
  answersLeft = Number.POSITIVE_INFINITY

  /** @param socket that is connected already */
  constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (chunk: Buffer) => {
      for (const message of messagesIn(this.#reader, chunk)) {
        if (message === 'broken') throw new Error('the server sent what is no message')
        if (message.isRequest) this.#reply(message)
        else this.#answers.push(readAnswer(message))
      }
      socket.emit('taken')
    })
    socket.on('error', () => {})
    socket.once('close', () => {
      this.isClosed = true
      socket.emit('taken')
    })
  }

  /** A watchdog and a leave are answered, as any peer does. */
  #reply(message: Message): void {
    this.requests.push(message)
    if (this.answersLeft <= 0) return
    this.answersLeft -= 1
    const success = encodeNumber(avps.resultCode, results.success)
    this.socket.write(encodeMessage({ ...message, isRequest: false }, [success, ...origin]))
  }

  /** Connects, and says who it is unless told not to. */
  static async connect(
    port: number,
    introduction: Buffer | undefined = capabilitiesRequest(),
  ): Promise<DiameterPeer> {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    const peer = new DiameterPeer(socket)
    if (introduction.length > 0) await peer.ask(introduction)
    return peer
  }

  /** Sends bytes; gives the next answer, or `undefined` where the connection ends instead. */
  async ask(bytes: Buffer): Promise<ReadAnswer | undefined> {
    this.socket.write(bytes)
    const [answer] = await this.take(1)
    return answer
  }

  /** The next answers; fewer where the connection ends before. */
  async take(count: number): Promise<ReadAnswer[]> {
    while (this.#answers.length < count && !this.isClosed) await once(this.socket, 'taken')
    return this.#answers.splice(0, count)
  }
}

function readAnswer(message: Message): ReadAnswer {
  const found = decodeAvps(message.avps)
  if ('badLength' in found) throw new Error('an answer’s AVPs do not fit')
  const group = findAvp(found, avps.experimentalResult)
  const members = group ? decodeAvps(group.data) : []
  return {
    ...message,
    found,
    result: readNumber(findAvp(found, avps.resultCode)),
    experimental:
      'badLength' in members ? undefined : readNumber(findAvp(members, avps.experimentalResultCode)),
    status: readNumber(findAvp(found, avps.equipmentStatus)),
  }
}
