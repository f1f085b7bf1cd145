import type { AvpName } from './dictionary.ts'

const vendorFlag = 0x80
const mandatoryFlag = 0x40
const plainHeader = 8
const vendorHeader = 12

/** An attribute of a message (RFC 6733 §4.1); what it holds is read where it is asked for. */
export class Avp {
  readonly #source: Buffer
  readonly #at: number
  readonly #length: number

  constructor(source: Buffer, at: number, length: number) {
    this.#source = source
    this.#at = at
    this.#length = length
    this.code = source.readUInt32BE(at)
    this.vendor = hasVendor(source, at) ? source.readUInt32BE(at + plainHeader) : 0
  }

  readonly code: number
  /** 0 for the IETF's. */
  readonly vendor: number

  get isMandatory(): boolean {
    return ((this.#source[this.#at + 4] as number) & mandatoryFlag) !== 0
  }

  get data(): Buffer {
    return this.#source.subarray(this.#at + headerSize(this.#source, this.#at), this.#at + this.#length)
  }

  /** All of it, header and padding included, as it came: what Session-Id, Failed-AVP and Proxy-Info give back. */
  get bytes(): Buffer {
    return this.#source.subarray(this.#at, this.#at + padded(this.#length))
  }
}

/** Writes an AVP, padded to four bytes. */
export function encodeAvp({ code, vendor, isOptional = false }: AvpName, data: Uint8Array): Buffer {
  const header = vendor === undefined ? plainHeader : vendorHeader
  const length = header + data.length
  const bytes = Buffer.alloc(padded(length))
  bytes.writeUInt32BE(code)
  bytes.writeUInt32BE(length, 4)
  bytes[4] = (isOptional ? 0 : mandatoryFlag) | (vendor === undefined ? 0 : vendorFlag)
  if (vendor !== undefined) bytes.writeUInt32BE(vendor, 8)
  bytes.set(data, header)
  return bytes
}

/** The same of a 32-bit number. */
export function encodeNumber(name: AvpName, value: number): Buffer {
  const data = Buffer.alloc(4)
  data.writeUInt32BE(value)
  return encodeAvp(name, data)
}

/** The same of a text. */
export function encodeText(name: AvpName, text: string): Buffer {
  return encodeAvp(name, Buffer.from(text))
}

/** The same of a group. */
export function encodeGroup(name: AvpName, members: readonly Buffer[]): Buffer {
  return encodeAvp(name, Buffer.concat(members))
}

/**
 * Reads AVPs one after another.
 * @returns the AVPs, or the beginning of the one whose length does not fit
 */
export function decodeAvps(bytes: Buffer): readonly Avp[] | { readonly badLength: Buffer } {
  const found: Avp[] = []
  for (let at = 0; at < bytes.length; ) {
    const length = at + plainHeader <= bytes.length ? bytes.readUIntBE(at + 5, 3) : 0
    if (length < headerSize(bytes, at) || at + length > bytes.length)
      return { badLength: bytes.subarray(at, at + plainHeader) }
    found.push(new Avp(bytes, at, length))
    // The last AVP's padding may be missing; nothing is lost with it.
    at += padded(length)
  }
  return found
}

/** The first AVP of this name. */
export function findAvp(all: readonly Avp[], { code, vendor = 0 }: AvpName): Avp | undefined {
  return all.find((avp) => avp.code === code && avp.vendor === vendor)
}

/** A 32-bit number's AVP; `undefined` where it is absent or none. */
export function readNumber(avp: Avp | undefined): number | undefined {
  return avp?.data.length === 4 ? avp.data.readUInt32BE() : undefined
}

function hasVendor(bytes: Buffer, at: number): boolean {
  return ((bytes[at + 4] ?? 0) & vendorFlag) !== 0
}

function headerSize(bytes: Buffer, at: number): number {
  return hasVendor(bytes, at) ? vendorHeader : plainHeader
}

function padded(length: number): number {
  return (length + 3) & ~3
}
