/** What a sealed record can hold of a person; the number is its byte. */
export const sealedFields = { name: 1, address: 2 } as const

/** A key of {@link sealedFields}. */
export type SealedField = keyof typeof sealedFields

/** A record's content in clear. It exists at the telco, and at the end of an opening with the officer. */
export type SealedContent = { readonly [Field in SealedField]?: string }

/** Every content has this many bytes, so that its length tells nothing. */
export const contentLength = 320

const fieldNames = Object.keys(sealedFields) as readonly SealedField[]

/**
 * A content's bytes: for each field `field (1) ‖ length (2) ‖ UTF-8`, in the order of {@link sealedFields}, then zeros.
 * @returns `undefined` where it is longer than any record
 */
export function encodeContent(content: SealedContent): Buffer | undefined {
  const bytes = Buffer.alloc(contentLength)
  let at = 0
  for (const field of fieldNames) {
    const value = Buffer.from(content[field] ?? '')
    if (value.length === 0) continue
    if (at + 3 + value.length > contentLength) return undefined
    bytes[at] = sealedFields[field]
    bytes.writeUInt16BE(value.length, at + 1)
    value.copy(bytes, at + 3)
    at += 3 + value.length
  }
  return bytes
}

/** Reads {@link encodeContent}'s bytes; `undefined` where they are none. */
export function decodeContent(bytes: Buffer): SealedContent | undefined {
  const content: { [Field in SealedField]?: string } = {}
  let at = 0
  while (at < bytes.length && bytes[at] !== 0) {
    const field = fieldNames.find((name) => sealedFields[name] === bytes[at])
    if (field === undefined || at + 3 > bytes.length) return undefined
    const end = at + 3 + bytes.readUInt16BE(at + 1)
    if (end > bytes.length) return undefined
    content[field] = bytes.toString('utf8', at + 3, end)
    at = end
  }
  return content
}
