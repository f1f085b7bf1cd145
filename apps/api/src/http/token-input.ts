import { decodeToken, type TokenKind } from '@pcbs/seal'
import type { Telco } from '@pcbs/store'
import type { Context } from '../context.ts'
import { Problem } from './problems.ts'

/** Where a token stands and what it must be. */
export interface ExpectedToken {
  readonly field: string
  readonly kind: TokenKind
  /** Whose key made it. */
  readonly telco: Telco
}

/** A token as it is stored. */
export interface StoredToken {
  readonly wrapped: Buffer
  /** Generation of the keys that it was made with. */
  readonly epoch: number
}

/** The stored form of a token in a request, or a refusal that does not repeat what was sent. */
export function readToken(
  { keys }: Context,
  { field, kind, telco }: ExpectedToken,
  text: string,
): StoredToken {
  const token = decodeToken(text, kind)
  if (token && token.epoch <= keys.epoch) return { wrapped: keys.wrap(telco, token), epoch: token.epoch }
  const remedy = `Send the ${kind} token that the adapter kit makes with the current key, never a plain value.`
  throw new Problem('request-invalid', 'See errors.', { errors: [{ field, code: 'token-format', remedy }] })
}
