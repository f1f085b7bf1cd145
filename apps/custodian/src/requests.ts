import {
  type CustodianAction,
  type CustodianActions,
  custodianAudience,
  delegationBytes,
  type RequestClaims,
  rawPublicKey,
  requestLifetimeSeconds,
  signBytes,
} from '@pcbs/seal'
import { CompactEncrypt, decodeProtectedHeader, importJWK, jwtVerify } from 'jose'
import { type Caller, findCaller, isPermitted } from './callers.ts'
import type { CheckpointSigner } from './checkpoints.ts'
import type { Keyring } from './keyring.ts'

/** What the custodian works with. */
export interface CustodianContext {
  readonly keyring: Keyring
  readonly callersFile: string
  readonly checkpoints: CheckpointSigner
  readonly now: () => number
}

/** A request that is not answered, by HTTP status; the text says nothing of keys. */
export class Refusal extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** How long a list key may sign before the custodian must be asked again: a week. */
const delegationMs = 7 * 24 * 60 * 60 * 1000

/** Tolerated difference between the caller's clock and ours. */
const clockSkewMs = 60 * 1000

/**
 * Verifies who asks, decides whether they may, and answers encrypted to them.
 * @returns the encrypted answer, and what may be logged of it
 * @throws {Refusal}
 */
export async function answerRequest(
  context: CustodianContext,
  token: string,
): Promise<{ answer: string; caller: string; action: CustodianAction }> {
  const { caller, claims } = await authenticate(context, token)
  if (!isPermitted(caller, claims.action)) throw new Refusal(403, 'This caller may not ask that.')
  const epk = await importJWK(claims.epk, 'ECDH-ES').catch(() => {
    throw new Refusal(400, 'epk must be an X25519 public key.')
  })
  const plain = Buffer.from(JSON.stringify(await perform(context, caller, claims)))
  const answer = await new CompactEncrypt(plain)
    .setProtectedHeader({ alg: 'ECDH-ES', enc: 'A256GCM' })
    .encrypt(epk)
  return { answer, caller: caller.id, action: claims.action }
}

async function authenticate(
  context: CustodianContext,
  token: string,
): Promise<{ caller: Caller; claims: RequestClaims }> {
  const unproven = new Refusal(401, 'The request is not signed by a known caller.')
  try {
    const { kid } = decodeProtectedHeader(token)
    const caller = kid ? await findCaller(context.callersFile, kid) : undefined
    if (!caller) throw unproven
    const { payload } = await jwtVerify(token, await importJWK(caller.publicKey, 'EdDSA'), {
      algorithms: ['EdDSA'],
      audience: custodianAudience,
      issuer: caller.id,
      maxTokenAge: requestLifetimeSeconds,
      clockTolerance: clockSkewMs / 1000,
      currentDate: new Date(context.now()),
    })
    // Signed by the caller; perform() checks what it uses of the body.
    return { caller, claims: payload as unknown as RequestClaims }
  } catch {
    throw unproven
  }
}

type Performers = {
  [Action in CustodianAction]: (
    context: CustodianContext,
    caller: Caller,
    body: CustodianActions[Action]['request'],
  ) => CustodianActions[Action]['answer'] | Promise<CustodianActions[Action]['answer']>
}

const performers: Performers = {
  telco_key: ({ keyring }, { telco }) => {
    if (!telco) throw new Refusal(403, 'This caller has no telco.')
    return { epoch: keyring.epoch, key: keyring.derive('telco', telco).toString('base64url') }
  },

  registry_keys: ({ keyring }, _caller, { telcos }) => {
    if (!Array.isArray(telcos) || !telcos.every((code) => /^[a-z][a-z0-9-]{1,30}$/.test(String(code)))) {
      throw new Refusal(400, 'telcos must be a list of telco codes.')
    }
    return {
      epoch: keyring.epoch,
      imei: keyring.derive('imei', '-').toString('base64url'),
      idempotency: keyring.derive('idempotency', '-').toString('base64url'),
      telcos: Object.fromEntries(
        telcos.map((code) => [code, keyring.derive('registry', code).toString('base64url')]),
      ),
    }
  },

  delegate_list_key: ({ keyring, now }, _caller, { publicKey }) => {
    if (!/^[A-Za-z0-9_-]{43}$/.test(publicKey))
      throw new Refusal(400, 'publicKey must be 32 bytes in base64url.')
    const claims = { notBeforeMs: now() - clockSkewMs, notAfterMs: now() + delegationMs, publicKey }
    return {
      delegation: { ...claims, signature: signBytes(keyring.listRoot.privateKey, delegationBytes(claims)) },
    }
  },

  last_checkpoint: ({ checkpoints }) => checkpoints.last,

  sign_checkpoint: async ({ checkpoints }, _caller, { origin, size, root, proof }) => {
    const isReadable =
      /^[!-~]{1,200}$/.test(String(origin)) &&
      Number.isSafeInteger(size) &&
      size >= 0 &&
      Array.isArray(proof) &&
      [root, ...proof].every((hash) => /^[A-Za-z0-9+/]{43}=$/.test(String(hash)))
    if (!isReadable) throw new Refusal(400, 'A checkpoint is an origin, a size, a root and a proof.')
    const checkpoint = { origin, size, root: Buffer.from(root, 'base64') }
    const note = await checkpoints.sign(
      checkpoint,
      proof.map((hash) => Buffer.from(hash, 'base64')),
    )
    if (note === undefined)
      throw new Refusal(409, 'The log does not go on from the last checkpoint that was signed.')
    return { note }
  },
}

async function perform(context: CustodianContext, caller: Caller, claims: RequestClaims): Promise<object> {
  // The action was checked against the permissions, and its name picks the performer of its own body.
  const performer = performers[claims.action] as (
    context: CustodianContext,
    caller: Caller,
    body: object,
  ) => object | Promise<object>
  return performer(context, caller, claims.body)
}

/** The public half of the list's root, 32 bytes in base64url: what every edge is configured with. */
export function listRootPublicKey({ keyring }: CustodianContext): string {
  return rawPublicKey(keyring.listRoot.publicKey)
}
