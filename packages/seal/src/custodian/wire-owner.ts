import type { RecordOwner } from '../sealed/record.ts'
import type { WireOwner } from './protocol.ts'

/** Whose record it is, as it is sent. */
export function toWireOwner({ telco, token, epoch }: RecordOwner): WireOwner {
  return { telco, token: token.toString('base64url'), epoch }
}

/** Reads whose record it is; `undefined` where a token is not 16 bytes, or an epoch not 1 to 255. */
export function readWireOwner({ telco, token, epoch }: WireOwner): RecordOwner | undefined {
  const bytes = Buffer.from(token, 'base64url')
  const isEpoch = Number.isInteger(epoch) && epoch >= 1 && epoch <= 255
  return bytes.length === 16 && isEpoch ? { telco, token: bytes, epoch } : undefined
}
