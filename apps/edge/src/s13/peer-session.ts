import { type CheckContext, checkPhone } from '../checks/check-phone.ts'
import type { Lane } from '../counters/lane.ts'
import {
  answer,
  baseRequest,
  capabilities,
  commandApplications,
  type DiameterIdentity,
  type Fault,
  type Reply,
  readAvps,
  readCapabilities,
  readRouting,
  refuse,
} from './answers.ts'
import { type Avp, encodeNumber } from './avp.ts'
import { CheckScanner } from './check-scanner.ts'
import { avps, commands, rebooting, results } from './dictionary.ts'
import { answerMeIdentityCheck } from './me-identity-check.ts'
import { decodeMessage, type Message, type MessageReader } from './message.ts'
import { QuickAnswers } from './quick-answers.ts'

/** Who an edge is to its peers, and who they may be. */
export interface PeerPolicy {
  readonly identity: DiameterIdentity
  /** Origin-Hosts that may connect; anybody where there are none. */
  readonly peers: readonly string[]
}

/** One peer's connection: who it is first, then whatever it asks (RFC 6733 §5.6). */
export class PeerSession {
  readonly #context: CheckContext
  readonly #lane: Lane
  readonly #policy: PeerPolicy
  /** Where the peer reached us. */
  readonly #address: string
  readonly #scanner = new CheckScanner()
  readonly #quick: QuickAnswers
  #isOpen = false

  constructor(context: CheckContext, lane: Lane, policy: PeerPolicy, address: string) {
    this.#context = context
    this.#lane = lane
    this.#policy = policy
    this.#address = address
    this.#quick = new QuickAnswers(policy.identity)
  }

  /** Whether the peer has said who it is. */
  get isOpen(): boolean {
    return this.#isOpen
  }

  /** Asks the peer whether it is there. */
  get watchdogRequest(): Buffer {
    return baseRequest(this.#policy.identity, commands.deviceWatchdog)
  }

  /** Takes leave of the peer. */
  get disconnectRequest(): Buffer {
    const cause = encodeNumber(avps.disconnectCause, rebooting)
    return baseRequest(this.#policy.identity, commands.disconnectPeer, [cause])
  }

  /**
   * Answers all messages that have arrived whole, in their order; `isOver` where the connection ends behind that.
   * `replies` are good until the next call.
   */
  answerAll(reader: MessageReader): { readonly replies: Buffer | undefined; readonly isOver: boolean } {
    const pieces: Buffer[] = []
    const gather = () => {
      const quick = this.#quick.take()
      if (quick) pieces.push(quick)
    }
    const done = (isOver: boolean) => {
      gather()
      return { replies: pieces.length > 1 ? Buffer.concat(pieces) : pieces[0], isOver }
    }
    for (;;) {
      const at = reader.next()
      if (at === undefined) return done(false)
      if (at === 'broken') return done(true)
      if (this.#isOpen && this.#answerQuickly(reader.bytes, at, reader.end)) continue
      const reply = this.take(decodeMessage(reader.bytes.subarray(at, reader.end)))
      if (reply === 'close') return done(true)
      if (!reply) continue
      gather()
      pieces.push(reply.bytes)
      if (reply.isLast) return done(true)
    }
  }

  /** Answers a check that is as it should be; leaves anything else to a longer look. */
  #answerQuickly(bytes: Buffer, start: number, end: number): boolean {
    const startedMs = performance.now()
    const scanner = this.#scanner
    if (this.#context.isOverloaded || !scanner.scan(bytes, start, end)) return false
    const { answer: said, outcome } = checkPhone(this.#context, scanner.imei, scanner.imsiOf(bytes))
    this.#quick.write(bytes, start, scanner, said)
    this.#lane.count(outcome, (performance.now() - startedMs) / 1000)
    return true
  }

  /** The answer to a message; nothing to those that are answers themselves; the end of the connection. */
  take(message: Message): Reply | 'close' | undefined {
    const { identity } = this.#policy
    // Of all that we ask there is one thing: to take leave.
    if (!message.isRequest) return message.command === commands.disconnectPeer ? 'close' : undefined
    if (!this.#isOpen && message.command !== commands.capabilitiesExchange) return 'close'
    const fault = findHeaderFault(message)
    if (fault) return this.#refuse(message, fault)
    const read = readAvps(message)
    if ('result' in read) return this.#refuse(message, read)
    const { found } = read
    const success = [encodeNumber(avps.resultCode, results.success)]
    switch (message.command) {
      case commands.capabilitiesExchange:
        return this.#open(message, found)
      case commands.deviceWatchdog:
        return { bytes: answer(identity, message, success), isLast: false }
      case commands.disconnectPeer:
        return { bytes: answer(identity, message, success), isLast: true }
      default:
        return this.#check(message, found)
    }
  }

  #check(message: Message, found: readonly Avp[]): Reply {
    const startedMs = performance.now()
    const { bytes, outcome } = answerMeIdentityCheck(this.#context, this.#policy.identity, message, found)
    this.#lane.count(outcome, (performance.now() - startedMs) / 1000)
    return { bytes, isLast: false }
  }

  #refuse(message: Message, fault: Fault): Reply {
    if (message.command === commands.meIdentityCheck) this.#lane.count('error', 0)
    const bytes = refuse(this.#policy.identity, message, fault, readRouting(message))
    return { bytes, isLast: !this.#isOpen }
  }

  #open(message: Message, found: readonly Avp[]): Reply {
    const { identity, peers } = this.#policy
    const { peer, isCommon } = readCapabilities(found)
    const isKnown = peers.length === 0 || peers.some((name) => name.toLowerCase() === peer.toLowerCase())
    if (!isKnown) return { bytes: refuse(identity, message, { result: results.unknownPeer }), isLast: true }
    const result = isCommon ? results.success : results.noCommonApplication
    this.#isOpen = isCommon
    return { bytes: answer(identity, message, capabilities(this.#address, result)), isLast: !isCommon }
  }
}

function findHeaderFault({ version, isError, command, application }: Message): Fault | undefined {
  if (version !== 1) return { result: results.unsupportedVersion }
  if (isError) return { result: results.invalidHeaderBits }
  const expected = commandApplications.get(command)
  if (expected === application) return undefined
  // A command of an application that is not spoken here, or one that no application here has.
  const isSpoken = [...commandApplications.values()].includes(application)
  return { result: isSpoken ? results.commandUnsupported : results.applicationUnsupported }
}
