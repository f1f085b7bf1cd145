import { createHmac } from 'node:crypto'

/** One more than the largest owner tag: 10 bits. */
export const ownerTagRange = 1024

/**
 * The owner tag: the first 10 bits of `HMAC-SHA-256(K_telco, "owner" ‖ 0x00 ‖ subscription ‖ 0x00 ‖ national ID)`.
 * Enough to answer "is this the owner?" with one wrong yes in 1,024, too short to give the ID back.
 * @param subscription the MSISDN in canonical form
 * @param nationalId the document in canonical form
 */
export function makeOwnerTag(key: Buffer, subscription: string, nationalId: string): number {
  return (
    createHmac('sha256', key).update(`owner\0${subscription}\0${nationalId}`).digest().readUInt16BE(0) >> 6
  )
}

const canonicalDocument =
  /^(?:mykad:[0-9]{12}|passport:[A-Z]{3}:[A-Z0-9]{5,12}|army:[A-Z]{0,4}[0-9]{4,12}|police:[A-Z]{0,3}[0-9]{4,8}|company:[A-Z0-9]{1,12}(?:-[A-Z]{1,3})?)$/

/** Whether a text is the canonical form of an identity document, as docs/formats.md lists the forms. */
export function isCanonicalDocument(text: string): boolean {
  return canonicalDocument.test(text)
}
