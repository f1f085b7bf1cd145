import { applications, avps, commands, understoodAvps, understoodAvps3gpp, vendor3gpp } from './dictionary.ts'
import { type Grammar, meIdentityCheckGrammar, numberCodes, terminalGrammar } from './grammar.ts'

/** A bit for each AVP of this vendor that comes at most once, by its code; 0 for all others. */
function singleBits({ single }: Grammar, from: number): Uint16Array {
  const bits = new Uint16Array(2048)
  for (const [index, { code, vendor = 0 }] of single.entries()) if (vendor === from) bits[code] = 1 << index
  return bits
}

const plainBits = singleBits(meIdentityCheckGrammar, 0)
const bits3gpp = singleBits(meIdentityCheckGrammar, vendor3gpp)
const terminalBits = singleBits(terminalGrammar, vendor3gpp)

/** 1 for each AVP that holds a number of 32 bits, by its code. */
const isNumber = new Uint8Array(2048)
for (const code of numberCodes) isNumber[code] = 1

/** The bits of all that a check must have. */
const allRequired = meIdentityCheckGrammar.required.reduce(
  (all, { code, vendor }) => all | ((vendor === undefined ? plainBits : bits3gpp)[code] ?? 0),
  0,
)

const headerLength = 20
/** Version 1, and R without E in the flags; P and T may be set. */
const [requestFlag, errorFlag] = [0x80, 0x20]
const [vendorFlag, mandatoryFlag] = [0x80, 0x40]
const [zero, nine] = [0x30, 0x39]

/**
 * Finds in a message's bytes what a check is answered from, without an object for any of its parts: a core sends hundreds
 * of thousands a second. Anything unusual is left to those who look longer: faults, proxies, other commands.
 */
export class CheckScanner {
  /** 14 digits as a number. */
  imei = 0
  /** Where Session-Id stands, with its padding. */
  sessionAt = 0
  sessionEnd = 0
  #imsiAt = 0
  #imsiEnd = 0
  #terminalAt = 0
  #terminalEnd = 0

  /** Scans the message between two places; `false` where it is not a check that is as it should be. */
  scan(bytes: Buffer, start: number, end: number): boolean {
    const flags = bytes[start + 4] as number
    const isCheck =
      bytes[start] === 1 &&
      (flags & (requestFlag | errorFlag)) === requestFlag &&
      read24(bytes, start + 5) === commands.meIdentityCheck &&
      read32(bytes, start + 8) === applications.s13
    return isCheck && this.#scanAvps(bytes, start + headerLength, end) && this.#scanTerminal(bytes)
  }

  /** The SIM's IMSI; `undefined` where none was told. */
  imsiOf(bytes: Buffer): string | undefined {
    return this.#imsiAt === 0 ? undefined : bytes.toString('latin1', this.#imsiAt, this.#imsiEnd)
  }

  #scanAvps(bytes: Buffer, from: number, end: number): boolean {
    let seen = 0
    this.#imsiAt = 0
    for (let at = from; at < end; ) {
      const [flags, length] = [bytes[at + 4] as number, read24(bytes, at + 5)]
      const isPlain = (flags & vendorFlag) === 0
      const dataAt = at + (isPlain ? 8 : 12)
      if (dataAt > at + length || at + length > end) return false
      const code = read32(bytes, at)
      const next = at + ((length + 3) & ~3)
      const isMandatory = (flags & mandatoryFlag) !== 0
      let bit = 0
      if (isPlain) {
        if (code === avps.proxyInfo.code) return false
        if (isNumber[code] === 1 && length !== 12) return false
        bit = plainBits[code] ?? 0
        if (bit === 0 && isMandatory && !understoodAvps.has(code)) return false
        if (code === avps.sessionId.code) {
          this.sessionAt = at
          this.sessionEnd = next
        } else if (code === avps.userName.code) {
          this.#imsiAt = dataAt
          this.#imsiEnd = at + length
          if (!isImsi(bytes, dataAt, at + length)) return false
        }
      } else {
        const vendor = read32(bytes, at + 8)
        // A vendor that is 0 is the IETF (RFC 6733 §4.1): nobody writes its AVPs so.
        if (vendor === 0) return false
        bit = vendor === vendor3gpp ? (bits3gpp[code] ?? 0) : 0
        if (bit !== 0) {
          this.#terminalAt = dataAt
          this.#terminalEnd = at + length
        } else if (isMandatory && !(vendor === vendor3gpp && understoodAvps3gpp.has(code))) return false
      }
      // What comes too often is refused after a longer look.
      if ((seen & bit) !== 0) return false
      seen |= bit
      at = next
    }
    return (seen & allRequired) === allRequired && this.sessionEnd <= end
  }

  #scanTerminal(bytes: Buffer): boolean {
    const end = this.#terminalEnd
    let seen = 0
    let hasImei = false
    for (let at = this.#terminalAt; at < end; ) {
      const length = read24(bytes, at + 5)
      const flags = bytes[at + 4] as number
      const isPlain = (flags & vendorFlag) === 0
      if (length < (isPlain ? 8 : 12) || at + length > end) return false
      const code = read32(bytes, at)
      // Only what is 3GPP's may be here and must be understood; all else is for a longer look.
      if ((isPlain || read32(bytes, at + 8) !== vendor3gpp) && (flags & mandatoryFlag) !== 0) return false
      if (isPlain && isNumber[code] === 1) return false
      if (!isPlain && read32(bytes, at + 8) === vendor3gpp) {
        if ((flags & mandatoryFlag) !== 0 && !understoodAvps3gpp.has(code)) return false
        const bit = terminalBits[code] ?? 0
        if ((seen & bit) !== 0) return false
        seen |= bit
        if (code === avps.imei.code) {
          hasImei = true
          if (!this.#readImei(bytes, at + 12, at + length)) return false
        }
      }
      at += (length + 3) & ~3
    }
    return hasImei
  }

  /** 14, 15 or 16 digits, of which the first 14 are the phone (TS 23.003 §6.2.1). */
  #readImei(bytes: Buffer, from: number, end: number): boolean {
    const digits = end - from
    if (digits < 14 || digits > 16) return false
    let value = 0
    for (let at = from; at < end; at++) {
      const byte = bytes[at] as number
      if (byte < zero || byte > nine) return false
      if (at < from + 14) value = value * 10 + byte - zero
    }
    this.imei = value
    return true
  }
}

function isImsi(bytes: Buffer, from: number, end: number): boolean {
  if (end - from < 5 || end - from > 15) return false
  for (let at = from; at < end; at++) {
    const byte = bytes[at] as number
    if (byte < zero || byte > nine) return false
  }
  return true
}

function read24(bytes: Buffer, at: number): number {
  return ((bytes[at] as number) << 16) | ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number)
}

function read32(bytes: Buffer, at: number): number {
  return (bytes[at] as number) * 0x1000000 + read24(bytes, at + 1)
}
