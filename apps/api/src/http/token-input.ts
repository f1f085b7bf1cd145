import { decodeToken, type TokenKind } from '@pcbs/seal'
import type { Telco } from '@pcbs/store'
import type { Context } from '../context.ts'
import type { RegistryKeys } from '../keys.ts'
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
  if (!token)
    throw invalidToken(field, `Send the ${kind} token that the adapter kit makes, never a plain value.`)
  requireKnownEpoch(keys, field, token.epoch)
  return { wrapped: keys.wrap(telco, token), epoch: token.epoch }
}

/**
 * Refuses a generation of keys that this process does not have. The one after the newest may have been taken into use just
 * now, and is known here within seconds; there is no later one.
 * @throws {Problem} `unavailable` for the next generation, `request-invalid` for any beyond
 */
export function requireKnownEpoch(keys: Pick<RegistryKeys, 'epoch'>, field: string, epoch: number): void {
  if (epoch <= keys.epoch) return
  if (epoch === keys.epoch + 1)
    throw new Problem('unavailable', `Token keys of epoch ${epoch} are not known here yet.`, {
      retryAfterSeconds: 5,
    })
  throw invalidToken(field, `The newest generation of token keys is ${keys.epoch}.`)
}

/**
 * The stored forms of one number's tokens under every generation of the telco's key, oldest first: what is on file may
 * be of any of them.
 */
export function readTokensOfEveryEpoch(
  context: Context,
  expected: ExpectedToken,
  texts: readonly string[],
): readonly StoredToken[] {
  const { field } = expected
  const tokens = texts
    .map((text, place) => readToken(context, { ...expected, field: `${field}.${place}` }, text))
    .toSorted((a, b) => a.epoch - b.epoch)
  const { epoch } = context.keys
  if (tokens.length === epoch && tokens.every((token, place) => token.epoch === place + 1)) return tokens
  throw invalidToken(field, `Send one token for each generation of the telco's key: 1 to ${epoch}.`)
}

function invalidToken(field: string, remedy: string): Problem {
  return new Problem('request-invalid', 'See errors.', { errors: [{ field, code: 'token-format', remedy }] })
}
