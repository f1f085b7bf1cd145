import { type CheckContext, checkPhone } from '../checks/check-phone.ts'
import type { Lane } from '../counters/lane.ts'
import {
  answer,
  baseRequest,
  commandApplications,
  type DiameterIdentity,
  type Reply,
  readAvps,
  readRouting,
  refuse,
} from './answers.ts'
import { type Avp, encodeNumber } from './avp.ts'
import { capabilities, readCapabilities } from './capabilities.ts'
import { CheckScanner } from './check-scanner.ts'
import { avps, commands, rebooting, results } from './dictionary.ts'
import { type Fault, findGrammarFault, grammars } from './grammar.ts'
import { answerMeIdentityCheck } from './me-identity-check.ts'
import { decodeMessage, type Message, type MessageReader } from './message.ts'
import { QuickAnswers } from './quick-answers.ts'
import { RequestIdentifiers } from './request-identifiers.ts'

/** Who an edge is to its peers, and who they may be. */
export interface PeerPolicy {
  readonly identity: DiameterIdentity
  /** Origin-Hosts that may connect; anybody where there are none. */
  readonly peers: readonly string[]
}

/** How a peer's connection is secured. */
export interface PeerLine {
  /** Whether it is TLS. */
  readonly isSecure: boolean
  /** Whether the certificate that the peer showed is for this name; absent where it need not be. */
  readonly isCertifiedFor?: ((originHost: string) => boolean) | undefined
}

/** What came of the messages that had arrived. */
export interface AnsweredMessages {
  readonly replies: Buffer | undefined
  readonly isOver: boolean
  readonly hasHeard: boolean
}

/** One peer's connection: who it is first, then whatever it asks (RFC 6733 §5.6). */
export class PeerSession {
  readonly #context: CheckContext
  readonly #lane: Lane
  readonly #policy: PeerPolicy
  readonly #address: string
  readonly #scanner = new CheckScanner()
  readonly #quick: QuickAnswers
  readonly #line: PeerLine
  readonly #identifiers = new RequestIdentifiers(Date.now())
  #isOpen = false

  /** @param address where the peer reached us */
  constructor(
    context: CheckContext,
    lane: Lane,
    policy: PeerPolicy,
    address: string,
    line: PeerLine = { isSecure: false },
  ) {
    this.#context = context
    this.#lane = lane
    this.#policy = policy
    this.#address = address
    this.#line = line
    this.#quick = new QuickAnswers(policy.identity)
  }

  /** Whether the peer has said who it is. */
  get isOpen(): boolean {
    return this.#isOpen
  }

  /** Asks the peer whether it is there. */
  askWhetherThere(): Buffer {
    return this.#request(commands.deviceWatchdog)
  }

  /** Takes leave of the peer. */
  takeLeave(): Buffer {
    return this.#request(commands.disconnectPeer, [encodeNumber(avps.disconnectCause, rebooting)])
  }

  #request(command: number, content: readonly Buffer[] = []): Buffer {
    return baseRequest(this.#policy.identity, { command, ...this.#identifiers.next() }, content)
  }

  /**
   * Answers all messages that have arrived whole, in their order. `replies` are good until the next call.
   * @returns `isOver` where the connection ends behind that, `hasHeard` where a message was whole
   */
  answerAll(reader: MessageReader): AnsweredMessages {
    const pieces: Buffer[] = []
    const gather = () => {
      const quick = this.#quick.take()
      if (quick) pieces.push(quick)
    }
    let hasHeard = false
    const done = (isOver: boolean) => {
      gather()
      return { replies: pieces.length > 1 ? Buffer.concat(pieces) : pieces[0], isOver, hasHeard }
    }
    for (;;) {
      const at = reader.next()
      if (at === undefined) return done(false)
      if (at === 'broken') return done(true)
      hasHeard = true
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
    // An answer to a watchdog has been heard, which is all that was asked; one to a leave ends the line.
    if (!message.isRequest) return message.command === commands.disconnectPeer ? 'close' : undefined
    if (!this.#isOpen && message.command !== commands.capabilitiesExchange) return 'close'
    const fault = findHeaderFault(message)
    if (fault) return this.#refuse(message, fault)
    const read = readAvps(message.avps)
    if ('result' in read) return this.#refuse(message, read)
    const { found } = read
    const misshapen = findGrammarFault(grammars[message.command] ?? anything, found)
    if (misshapen) return this.#refuse(message, misshapen)
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
    const { bytes, outcome, isUserNameIgnored } = answerMeIdentityCheck(
      this.#context,
      this.#policy.identity,
      message,
      found,
    )
    this.#lane.count(outcome, (performance.now() - startedMs) / 1000)
    if (isUserNameIgnored) this.#lane.countIgnored('User-Name')
    return { bytes, isLast: false }
  }

  #refuse(message: Message, fault: Fault): Reply {
    if (message.command === commands.meIdentityCheck) this.#lane.count('error', 0)
    const known = readRouting(message)
    // A protocol error has no grammar but its own (RFC 6733 §7.2); any other answer to an introduction introduces us.
    const isIntroduction = message.command === commands.capabilitiesExchange && fault.result >= 5000
    const bytes = isIntroduction
      ? answer(this.#policy.identity, message, capabilities(this.#address, fault), { known })
      : refuse(this.#policy.identity, message, fault, known)
    return { bytes, isLast: !this.#isOpen }
  }

  #open(message: Message, found: readonly Avp[]): Reply {
    const read = readCapabilities(found)
    this.#isOpen = false
    if ('result' in read) return this.#refuse(message, read)
    if (!this.#isWelcome(read.peer)) return this.#refuse(message, { result: results.unknownPeer })
    if (!read.isWithoutInbandSecurity && !this.#line.isSecure)
      return this.#refuse(message, { result: results.noCommonSecurity })
    if (!read.isCommon) return this.#refuse(message, { result: results.noCommonApplication })
    this.#isOpen = true
    const said = capabilities(this.#address, { result: results.success })
    return { bytes: answer(this.#policy.identity, message, said), isLast: false }
  }

  #isWelcome(peer: string): boolean {
    const { peers } = this.#policy
    const isKnown = peers.length === 0 || peers.some((name) => name.toLowerCase() === peer.toLowerCase())
    return isKnown && (this.#line.isCertifiedFor?.(peer) ?? true)
  }
}

/** The grammar of what has none here. */
const anything = { required: [], single: [] } as const

function findHeaderFault({ version, isError, command, application }: Message): Fault | undefined {
  if (version !== 1) return { result: results.unsupportedVersion }
  if (isError) return { result: results.invalidHeaderBits }
  const expected = commandApplications.get(command)
  if (expected === application) return undefined
  // A command of an application that is not spoken here, or one that no application here has.
  const isSpoken = [...commandApplications.values()].includes(application)
  return { result: isSpoken ? results.commandUnsupported : results.applicationUnsupported }
}
