import type { KeyObject } from 'node:crypto'
import {
  type CustodianAction,
  type CustodianActions,
  custodianAudience,
  decodePolicy,
  decodeStatement,
  delegationBytes,
  type RequestClaims,
  rawPublicKey,
  readWireOwner,
  requestLifetimeSeconds,
  type StatementType,
  signBytes,
  signPolicy,
} from '@pcbs/seal'
import { CompactEncrypt, decodeProtectedHeader, importJWK, jwtVerify } from 'jose'
import { type Caller, findCaller, isPermitted } from './callers.ts'
import type { CheckpointSigner } from './checkpoints.ts'
import { claimTokens } from './claims/claim-tokens.ts'
import type { Keyring } from './keyring.ts'
import type { Ledger } from './ledger.ts'
import { findSignatureFault, readOfficers } from './officers.ts'
import type { Erasures } from './openings/erasures.ts'
import { openRecord } from './openings/open-record.ts'
import { type OfficerRefusal, officerRefusals } from './refusals.ts'

/** What the custodian works with. */
export interface CustodianContext {
  /** As policies name this custodian, and its place among those that they name, from 1. */
  readonly name: string
  readonly place: number
  readonly keyring: Keyring
  /** The root that vouches for the key of the transparency log's checkpoints. */
  readonly logRoot: KeyObject
  readonly officersFile: string
  /** An order that raises the day's budget of openings, where there is one. */
  readonly orderFile: string | undefined
  readonly openings: Ledger
  readonly claims: Ledger
  readonly erasures: Erasures
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

/** The epoch of keys that hold together what all telcos feed, over all time: phones. */
const unrotated = 1

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
  telco_key: async ({ keyring }, { telco }) => {
    if (!telco) throw new Refusal(403, 'This caller has no telco.')
    const current = await keyring.tokenEpoch()
    const keyOf = (epoch: number) => ({
      epoch,
      key: keyring.derive('telco', telco, epoch).toString('base64url'),
    })
    // What was made with an older key must still be recognised: cases, and SIMs that are let through.
    const former = Array.from({ length: current - 1 }, (_, place) => keyOf(current - 1 - place))
    return { ...keyOf(current), former }
  },

  registry_keys: async ({ keyring }, _caller, { telcos, epoch: asked }) => {
    if (!Array.isArray(telcos) || !telcos.every((code) => /^[a-z][a-z0-9-]{1,30}$/.test(String(code)))) {
      throw new Refusal(400, 'telcos must be a list of telco codes.')
    }
    // The main custodian says which generation is in use, and the others derive their parts of the same.
    const epoch = asked ?? (await keyring.tokenEpoch())
    if (!Number.isInteger(epoch) || epoch < 1 || epoch > 255) throw new Refusal(400, 'An epoch is 1 to 255.')
    return {
      epoch,
      imei: keyring.derive('imei', '-', unrotated).toString('base64url'),
      idempotency: keyring.derive('idempotency', '-', unrotated).toString('base64url'),
      telcos: Object.fromEntries(
        telcos.map((code) => [code, keyring.derive('registry', code, epoch).toString('base64url')]),
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

  sign_policy: async ({ keyring, name, place }, _caller, { text }) => {
    const policy = decodePolicy(String(text))
    if (!policy) throw new Refusal(400, 'This is no collection policy.')
    const own = policy.custodians[place - 1]
    const key = (await keyring.sealingKeys()).at(-1)
    // What is to be sealed must be sealed to us too, under the key that we hold and where we look for it.
    const isOurs = own?.name === name && own.publicKey === key?.publicKey && own.epoch === key.epoch
    if (!isOurs && policy.custodians.length > 0)
      throw new Refusal(409, `The policy does not name ${name} in place ${place} with the key it has in use.`)
    return { signature: signPolicy(String(text), keyring.listRoot.privateKey).signature }
  },

  open_record: async (context, _caller, evidence) => {
    if (!isEvidence(evidence)) throw refusalOf('malformed')
    const released = await openRecord(context, evidence)
    if (typeof released !== 'string') return released
    throw refusalOf(released)
  },

  erase_record: async ({ erasures }, _caller, { telco, token, epoch }) => {
    const owner = readWireOwner({ telco: String(telco), token: String(token), epoch: Number(epoch) })
    if (!owner) throw new Refusal(400, 'A record’s owner is a telco, a token and its epoch.')
    await erasures.add(owner)
    return {}
  },

  check_statement: async ({ officersFile }, _caller, { type, statement }) => {
    if (!(type in signatureRefusals) || !areTexts(statement, ['text', 'signature']))
      throw refusalOf('malformed')
    const named = decodeStatement(type, statement.text)
    if (!named) throw refusalOf('malformed')
    const fault = findSignatureFault(await readOfficers(officersFile), named.officer, statement)
    if (fault) throw refusalOf(fault === 'unknown' ? 'officer-unknown' : signatureRefusals[type])
    return {}
  },

  claim_tokens: async (context, _caller, { statement, claim }) => {
    if (!areTexts(statement, ['text', 'signature']) || !areTexts(claim, ['enc', 'ciphertext']))
      throw refusalOf('malformed')
    const tokens = await claimTokens(context, { statement, claim })
    if (typeof tokens !== 'string') return tokens
    throw refusalOf(tokens)
  },
}

const signatureRefusals = {
  'opening-request': 'request-signature',
  'opening-approval': 'approval-signature',
} as const satisfies Partial<Record<StatementType, OfficerRefusal>>

function refusalOf(code: OfficerRefusal): Refusal {
  const { status, text } = officerRefusals[code]
  return new Refusal(status, text)
}

/** Whether a body's fields are of the types that opening works with; what they say is decided there. */
function isEvidence(body: CustodianActions['open_record']['request']): boolean {
  return (
    areTexts(body.request, ['text', 'signature']) &&
    areTexts(body.approval, ['text', 'signature']) &&
    areTexts(body.logged, ['entry', 'note']) &&
    Number.isSafeInteger(body.logged.index) &&
    Array.isArray(body.logged.hashes) &&
    body.logged.hashes.length <= 64 &&
    body.logged.hashes.every((hash) => typeof hash === 'string') &&
    areTexts(body.record, ['sealed', 'telco', 'token']) &&
    Number.isSafeInteger(body.record.epoch)
  )
}

function areTexts(value: unknown, fields: readonly string[]): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    fields.every((field) => typeof (value as Record<string, unknown>)[field] === 'string')
  )
}

async function perform(context: CustodianContext, caller: Caller, claims: RequestClaims): Promise<object> {
  // The action was checked against the permissions, and its name picks the performer of its own body.
  const performer = performers[claims.action] as (
    context: CustodianContext,
    caller: Caller,
    body: object,
  ) => object | Promise<object>
  if (typeof claims.body !== 'object' || claims.body === null) throw new Refusal(400, 'A request has a body.')
  return performer(context, caller, claims.body)
}

/** The public half of the list's root, 32 bytes in base64url: what every edge is configured with. */
export function listRootPublicKey({ keyring }: CustodianContext): string {
  return rawPublicKey(keyring.listRoot.publicKey)
}
