import type { CheckContext } from '../checks/check-phone.ts'
import {
  answer,
  capabilities,
  commandApplications,
  type Fault,
  type Reply,
  readAvps,
  readCapabilities,
  refuse,
} from './answers.ts'
import { type Avp, encodeNumber } from './avp.ts'
import { avps, commands, results } from './dictionary.ts'
import { answerMeIdentityCheck } from './me-identity-check.ts'
import type { Message } from './message.ts'
import type { S13Settings } from './settings.ts'

/** One peer's connection: who it is first, then whatever it asks (RFC 6733 §5.6). */
export class PeerSession {
  readonly #context: CheckContext
  readonly #settings: Pick<S13Settings, 'identity' | 'peers'>
  #isOpen = false

  constructor(context: CheckContext, settings: Pick<S13Settings, 'identity' | 'peers'>) {
    this.#context = context
    this.#settings = settings
  }

  /** Whether the peer has said who it is. */
  get isOpen(): boolean {
    return this.#isOpen
  }

  /** The answer to a message; nothing to those that are answers themselves; the end of the connection. */
  take(message: Message): Reply | 'close' | undefined {
    const { identity } = this.#settings
    if (!message.isRequest) return undefined
    if (!this.#isOpen && message.command !== commands.capabilitiesExchange) return 'close'
    const fault = findHeaderFault(message)
    if (fault) return { bytes: refuse(identity, message, fault), isLast: !this.#isOpen }
    const read = readAvps(message)
    if ('result' in read) return { bytes: refuse(identity, message, read), isLast: !this.#isOpen }
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
        return { bytes: answerMeIdentityCheck(this.#context, identity, message, found), isLast: false }
    }
  }

  #open(message: Message, found: readonly Avp[]): Reply {
    const { identity, peers } = this.#settings
    const { peer, isCommon } = readCapabilities(found)
    const isKnown = peers.length === 0 || peers.some((name) => name.toLowerCase() === peer.toLowerCase())
    if (!isKnown) return { bytes: refuse(identity, message, { result: results.unknownPeer }), isLast: true }
    const result = isCommon ? results.success : results.noCommonApplication
    this.#isOpen = isCommon
    return { bytes: answer(identity, message, capabilities(identity, result)), isLast: !isCommon }
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
