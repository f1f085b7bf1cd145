import type { KeyObject } from 'node:crypto'
import { compactDecrypt, exportJWK, generateKeyPair, SignJWT } from 'jose'
import {
  type CustodianAction,
  type CustodianActions,
  custodianAudience,
  requestLifetimeSeconds,
} from './protocol.ts'

/** Who asks which custodian. */
export interface CustodianCaller {
  /** The custodian's base URL. */
  readonly url: string
  readonly callerId: string
  /** The caller's Ed25519 private key; the custodian knows its public half. */
  readonly privateKey: KeyObject
}

/** The custodian's no; its message is its problem's title. */
export class CustodianRefusal extends Error {
  /** HTTP status. */
  readonly status: number

  constructor(status: number, title: string) {
    super(title)
    this.status = status
  }
}

/**
 * Asks the custodian for one thing, in a request signed by the caller; the answer comes encrypted to a key
 * made for this request alone.
 * @throws {CustodianRefusal} when the custodian refuses
 * @throws {Error} when it is away
 */
export async function askCustodian<Action extends CustodianAction>(
  { url, callerId, privateKey }: CustodianCaller,
  action: Action,
  body: CustodianActions[Action]['request'],
): Promise<CustodianActions[Action]['answer']> {
  const ephemeral = await generateKeyPair('ECDH-ES', { crv: 'X25519' })
  const request = await new SignJWT({ action, body, epk: await exportJWK(ephemeral.publicKey) })
    .setProtectedHeader({ alg: 'EdDSA', kid: callerId })
    .setIssuer(callerId)
    .setAudience(custodianAudience)
    .setIssuedAt()
    .setExpirationTime(`${requestLifetimeSeconds}s`)
    .sign(privateKey)
  const response = await fetch(new URL('/v1/requests', url), {
    method: 'POST',
    headers: { 'content-type': 'application/jwt' },
    body: request,
    signal: AbortSignal.timeout(10_000),
  })
  const text = await response.text()
  if (!response.ok) throw new CustodianRefusal(response.status, titleOf(text))
  const { plaintext } = await compactDecrypt(text, ephemeral.privateKey)
  // The custodian speaks this protocol; its answers are authenticated by TLS and only we can decrypt them.
  return JSON.parse(new TextDecoder().decode(plaintext)) as CustodianActions[Action]['answer']
}

function titleOf(text: string): string {
  try {
    return String((JSON.parse(text) as { title?: unknown }).title)
  } catch {
    return 'no problem document'
  }
}
