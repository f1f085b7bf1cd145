import type { AvpName } from './dictionary.ts'

/** An attribute of a message (RFC 6733 §4.1). */
export interface Avp {
  readonly code: number
  /** 0 for the IETF's. */
  readonly vendor: number
  readonly isMandatory: boolean
  readonly data: Buffer
  /** All of it, header and padding included, as it came: what Failed-AVP and Proxy-Info give back. */
  readonly bytes: Buffer
}

const vendorFlag = 0x80
const mandatoryFlag = 0x40
const plainHeader = 8
const vendorHeader = 12

/** Writes an AVP with the M bit set, padded to four bytes. */
export function encodeAvp({ code, vendor }: AvpName, data: Uint8Array): Buffer {
  const header = vendor === undefined ? plainHeader : vendorHeader
  const length = header + data.length
  const bytes = Buffer.alloc(padded(length))
  bytes.writeUInt32BE(code)
  bytes.writeUInt32BE(length, 4)
  bytes[4] = mandatoryFlag | (vendor === undefined ? 0 : vendorFlag)
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
    const header = at + plainHeader <= bytes.length ? headerOf(bytes, at) : undefined
    if (!header || header.length < header.size || at + header.length > bytes.length)
      return { badLength: bytes.subarray(at, at + plainHeader) }
    // The last AVP's padding may be missing; nothing is lost with it.
    const end = Math.min(at + padded(header.length), bytes.length)
    found.push({
      code: bytes.readUInt32BE(at),
      vendor: header.size === vendorHeader ? bytes.readUInt32BE(at + 8) : 0,
      isMandatory: header.isMandatory,
      data: bytes.subarray(at + header.size, at + header.length),
      bytes: bytes.subarray(at, end),
    })
    at = end
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

function headerOf(
  bytes: Buffer,
  at: number,
): { readonly size: number; readonly length: number; readonly isMandatory: boolean } {
  const flags = bytes[at + 4] as number
  return {
    size: (flags & vendorFlag) === 0 ? plainHeader : vendorHeader,
    length: bytes.readUIntBE(at + 5, 3),
    isMandatory: (flags & mandatoryFlag) !== 0,
  }
}

function padded(length: number): number {
  return (length + 3) & ~3
}
