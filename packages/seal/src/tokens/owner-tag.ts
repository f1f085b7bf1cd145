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
