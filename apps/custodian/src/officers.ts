import { readFile } from 'node:fs/promises'
import { isStatementSigned, type SignedStatement } from '@pcbs/seal'

/** Somebody who may ask for openings and approve them. */
export interface Officer {
  readonly id: string
  /** How they sign; Ed25519 where it is not said. */
  readonly signs?: SignatureType
  /** What their signatures are checked with: of Ed25519 32 raw bytes in base64url. The private half is theirs alone. */
  readonly publicKey: string
}

/**
 * The ways in which an officer can sign. WebAuthn comes in here, with the assertion as the signature and the statement's
 * hash as its challenge: whoever asks whether an officer signed need not know which.
 */
const signatureTypes = {
  ed25519: isStatementSigned,
} as const satisfies Record<string, (statement: SignedStatement, publicKey: string) => boolean>

type SignatureType = keyof typeof signatureTypes

/** Whether this officer signed a statement; a way to sign that is not known here is none. */
export function hasSigned({ signs = 'ed25519', publicKey }: Officer, statement: SignedStatement): boolean {
  return Object.hasOwn(signatureTypes, signs) && signatureTypes[signs](statement, publicKey)
}

/** Why a statement is not one of the officer whom it names; `undefined` where it is. */
export function findSignatureFault(
  officers: readonly Officer[],
  named: string,
  statement: SignedStatement,
): 'unknown' | 'signature' | undefined {
  const officer = officers.find(({ id }) => id === named)
  if (!officer) return 'unknown'
  return hasSigned(officer, statement) ? undefined : 'signature'
}

/** Reads the file of officers anew, so that one joins or leaves without a restart; nobody where there is none. */
export async function readOfficers(path: string): Promise<readonly Officer[]> {
  const text = await readFile(path, 'utf8').catch((error: { code?: string }) => {
    if (error.code === 'ENOENT') return '[]'
    throw error
  })
  return JSON.parse(text) as readonly Officer[]
}
