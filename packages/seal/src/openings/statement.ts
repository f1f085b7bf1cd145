import { createHash, type KeyObject, verify } from 'node:crypto'
import { publicKeyFromRaw, signBytes } from '../block-list/signature.ts'
import { officerIdForm } from '../officers/officer-id.ts'
import type { MessageContext } from '../sealed/hpke.ts'

/** A text with the signature of the officer that it names. */
export interface SignedStatement {
  readonly text: string
  /** Ed25519 over the text, base64url. */
  readonly signature: string
}

/** The forms that a line's value can have. */
const forms = {
  id: /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/,
  officer: officerIdForm,
  telco: /^[a-z](?!.*[0-9]{7})[a-z0-9-]{1,30}$/,
  purpose: /^[a-z]+(?:-[a-z]+)*$/,
  hash: /^[0-9a-f]{64}$/,
  key: /^[A-Za-z0-9_-]{43}$/,
  time: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/,
} as const

/** What officers sign, and the lines of each in their order. */
const statements = {
  /** Asks for one sealed record. */
  'opening-request': {
    opening: 'id',
    officer: 'officer',
    case: 'id',
    purpose: 'purpose',
    /** {@link recordHash} of what is to be opened. */
    record: 'hash',
    /** X25519 key that the answer is sealed to; made for this request alone. */
    recipient: 'key',
    at: 'time',
  },
  /** Another officer's yes to a request. */
  'opening-approval': { opening: 'id', officer: 'officer', request: 'hash', at: 'time' },
  /** Asks whether an identity document is that of a number's owner. */
  'claim-check': {
    check: 'id',
    officer: 'officer',
    telco: 'telco',
    /** SHA-256 of the sealed number and document. */
    claim: 'hash',
    at: 'time',
  },
} as const satisfies Record<string, Readonly<Record<string, keyof typeof forms>>>

/** A key of {@link statements}. */
export type StatementType = keyof typeof statements

/** A statement's lines. */
export type StatementFields<Type extends StatementType> = {
  readonly [Field in keyof (typeof statements)[Type]]: string
}

/** What a record may be opened for. */
export const openingPurposes = [
  'ownership-dispute',
  'clone-dispute',
  'police-warrant',
  'court-order',
  'subject-request',
] as const

/** One of {@link openingPurposes}. */
export type OpeningPurpose = (typeof openingPurposes)[number]

/**
 * Writes a statement: ASCII lines ended by LF, `pcbs-<type>-v1`, then a line for each field.
 * @throws {TypeError} naming the field whose value is not in its form, and not the value
 */
export function encodeStatement<Type extends StatementType>(
  type: Type,
  fields: StatementFields<Type>,
): string {
  const lines = [`pcbs-${type}-v1`]
  const expected = Object.entries(statements[type]) as [
    keyof StatementFields<Type> & string,
    keyof typeof forms,
  ][]
  for (const [field, form] of expected) {
    const value: string = fields[field]
    if (!forms[form].test(value)) throw new TypeError(`${field} of a ${type} is not in the form of a ${form}`)
    lines.push(`${field} ${value}`)
  }
  return `${lines.join('\n')}\n`
}

/** Reads a statement of this type; `undefined` for any text that {@link encodeStatement} does not write. */
export function decodeStatement<Type extends StatementType>(
  type: Type,
  text: string,
): StatementFields<Type> | undefined {
  const lines = text.split('\n').slice(1)
  const fields = Object.fromEntries(
    Object.keys(statements[type]).map((field, index) => [
      field,
      (lines[index] ?? '').slice(field.length + 1),
    ]),
  ) as StatementFields<Type>
  try {
    // Written anew it must be the same, so that nothing stands in it that has no form.
    return encodeStatement(type, fields) === text ? fields : undefined
  } catch {
    return undefined
  }
}

/** Signs a statement with an officer's Ed25519 key. */
export function signStatement<Type extends StatementType>(
  type: Type,
  fields: StatementFields<Type>,
  key: KeyObject,
): SignedStatement {
  const text = encodeStatement(type, fields)
  return { text, signature: signBytes(key, Buffer.from(text)) }
}

/** Whether the holder of this key, 32 raw bytes in base64url, signed the text. */
export function isStatementSigned({ text, signature }: SignedStatement, publicKey: string): boolean {
  const key = publicKeyFromRaw(publicKey)
  return key !== undefined && verify(null, Buffer.from(text), key, Buffer.from(signature, 'base64url'))
}

/** SHA-256 of a statement's text, hex. */
export function statementHash(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** What a released share is sealed for: the request whose hash this is, and no other. */
export function shareContext(requestHash: string): MessageContext {
  return { info: 'pcbs-opening-share-v1', aad: requestHash }
}

/** What a claim is sealed for: the check with this id. */
export function claimContext(check: string): MessageContext {
  return { info: 'pcbs-claim-v1', aad: check }
}
