import { generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  beginSealing,
  delegateLogKey,
  emptyRoot,
  encodeLogEntry,
  hashLeaf,
  hashNode,
  inclusionProof,
  type LogKey,
  makeSealingKey,
  type OpeningEvidence,
  openMessage,
  openRecord as openSealed,
  type RecordOwner,
  rawPublicKey,
  readSealedRecord,
  recordHash,
  sealRecord,
  shareContext,
  signCheckpoint,
  signStatement,
  statementHash,
  treeRoot,
} from '@pcbs/seal'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CheckpointSigner } from '../src/checkpoints.ts'
import { destroySealingKey, openFileKeyring, rotateLogKey, rotateSealingKey } from '../src/keyring.ts'
import { Ledger } from '../src/ledger.ts'
import { openingBudget } from '../src/openings/budget.ts'
import { Erasures } from '../src/openings/erasures.ts'
import { openRecord } from '../src/openings/open-record.ts'
import type { CustodianContext } from '../src/requests.ts'

const officers = Object.fromEntries(
  ['officer-1', 'officer-2', 'officer-3'].map((id) => [id, generateKeyPairSync('ed25519').privateKey]),
)
const owner: RecordOwner = { telco: 'telco-a', token: Buffer.alloc(16, 5), epoch: 1 }
const content = { name: 'Invented Person' }
let folder: string
let keyringFile: string
let context: CustodianContext
let sealed: Buffer

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pcbs-opening-'))
  keyringFile = join(folder, 'keyring.json')
  const keyring = await openFileKeyring(keyringFile)
  const officersFile = join(folder, 'officers.json')
  const known = Object.entries(officers).map(([id, key]) => ({ id, publicKey: rawPublicKey(key) }))
  await writeFile(officersFile, JSON.stringify(known))
  context = {
    name: 'custodian-a',
    place: 1,
    keyring,
    logRoot: keyring.listRoot.publicKey,
    checkpoints: await CheckpointSigner.open(join(folder, 'checkpoint'), keyring),
    callersFile: '',
    officersFile,
    orderFile: undefined,
    openings: await Ledger.open(join(folder, 'openings'), Date.now),
    claims: await Ledger.open(join(folder, 'claims'), Date.now),
    erasures: await Erasures.open(join(folder, 'erasures')),
    now: Date.now,
  }
  sealed = await sealFor(owner)
})
afterAll(() => rm(folder, { recursive: true }))

async function sealFor(of: RecordOwner): Promise<Buffer> {
  const key = (await context.keyring.sealingKeys()).at(-1)
  if (!key) throw new Error('the keyring has no sealing key')
  const { epoch, publicKey } = key
  const bytes = sealRecord(await beginSealing([{ name: 'custodian-a', epoch, publicKey }]), of, content)
  if (!bytes) throw new Error('nothing was sealed')
  return bytes
}

interface Plan {
  readonly requester?: string
  readonly approver?: string
  readonly requesterKey?: KeyObject
  readonly approverKey?: KeyObject
  readonly purpose?: string
  readonly opening?: string
  readonly at?: string
  readonly of?: RecordOwner
  readonly record?: Buffer
  readonly recipient?: string
  readonly logRoot?: KeyObject
}

/** The evidence of an opening in which everything is as it must be, but for what the plan says. */
async function evidenceOf(plan: Plan = {}): Promise<{ evidence: OpeningEvidence; recipient: KeyObject }> {
  const { requester = 'officer-1', approver = 'officer-2', opening = randomUUID(), of = owner } = plan
  const { record = sealed, at = new Date().toISOString(), purpose = 'police-warrant' } = plan
  const key = (id: string) => officers[id] ?? generateKeyPairSync('ed25519').privateKey
  const { publicKey, privateKey } = makeSealingKey()
  const caseId = randomUUID()
  const asked = { opening, officer: requester, case: caseId, purpose, record: recordHash(record, of) }
  const request = signStatement(
    'opening-request',
    { ...asked, recipient: plan.recipient ?? publicKey, at },
    plan.requesterKey ?? key(requester),
  )
  const approved = { opening, officer: approver, request: statementHash(request.text), at }
  const approval = signStatement('opening-approval', approved, plan.approverKey ?? key(approver))
  const entry = encodeLogEntry('record-opened', Date.now(), {
    opening,
    case: caseId,
    request: `sha256:${statementHash(request.text)}`,
    approval: `sha256:${statementHash(approval.text)}`,
    requester: `officer:${requester}`,
    approver: `officer:${approver}`,
  })
  const leaves = [emptyRoot, hashLeaf(Buffer.from('an entry')), hashLeaf(Buffer.from(entry))]
  const node = async (level: number, index: number): Promise<Buffer> =>
    level === 0
      ? (leaves[index] ?? emptyRoot)
      : hashNode(await node(level - 1, 2 * index), await node(level - 1, 2 * index + 1))
  const hashes = (await inclusionProof(node, 2, leaves.length)).map((hash) => hash.toString('base64'))
  const root = plan.logRoot ?? context.keyring.listRoot.privateKey
  const note = signCheckpoint(
    { origin: 'registry.example/pcbs-log', size: leaves.length, root: await treeRoot(node, leaves.length) },
    root,
    plan.logRoot ? strangersLogKey(root) : await context.keyring.logKey(),
  )
  const wireOwner = { telco: of.telco, token: of.token.toString('base64url'), epoch: of.epoch }
  return {
    recipient: privateKey,
    evidence: {
      request,
      approval,
      logged: { entry, index: 2, hashes, note },
      record: { ...wireOwner, sealed: record.toString('base64url') },
    },
  }
}

/** A log key that another root vouches for. */
function strangersLogKey(root: KeyObject): LogKey {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  return { privateKey, delegation: delegateLogKey(root, { epoch: 1, publicKey }) }
}

async function outcomeOf(plan: Plan): Promise<string> {
  const outcome = await openRecord(context, (await evidenceOf(plan)).evidence)
  return typeof outcome === 'string' ? outcome : 'opened'
}

async function linesOfLedger(): Promise<number> {
  return (await readFile(join(folder, 'openings'), 'utf8')).split('\n').length
}

describe('an opening', () => {
  test('that two officers signed and the log knows is granted, to the asking officer’s key', async () => {
    const { evidence, recipient } = await evidenceOf()
    const released = await openRecord(context, evidence)
    if (typeof released === 'string') throw new Error(released)
    const share = await openMessage(
      recipient,
      released.share,
      shareContext(statementHash(evidence.request.text)),
    )
    const record = readSealedRecord(sealed)
    expect(share && record && openSealed(record, owner, [share])).toEqual(content)
  })

  test.each([
    ['one officer alone', { approver: 'officer-1' }, 'same-officer'],
    ['an officer nobody knows', { requester: 'officer-9' }, 'officer-unknown'],
    ['a request signed by somebody else', { requesterKey: officers['officer-3'] }, 'request-signature'],
    ['an approval signed by somebody else', { approverKey: officers['officer-3'] }, 'approval-signature'],
    ['a purpose that is none', { purpose: 'curiosity' }, 'purpose-unknown'],
    [
      'a request of the day before yesterday',
      { at: new Date(Date.now() - 2 * 86_400_000).toISOString() },
      'stale',
    ],
    ['a request of tomorrow', { at: new Date(Date.now() + 86_400_000).toISOString() }, 'stale'],
    ['a log of somebody else', { logRoot: generateKeyPairSync('ed25519').privateKey }, 'not-logged'],
  ] as const)('with %s is refused', async (_what, plan, refusal) => {
    expect(await outcomeOf(plan as Plan)).toBe(refusal)
  })

  test('of a ciphertext in another’s place is refused', async () => {
    const elsewhere = { ...owner, token: Buffer.alloc(16, 6) }
    const { evidence } = await evidenceOf()
    const swapped = {
      ...evidence,
      record: { ...evidence.record, token: elsewhere.token.toString('base64url') },
    }
    expect(await openRecord(context, swapped)).toBe('other-record')
    const other = await sealFor(elsewhere)
    const replaced = { ...evidence, record: { ...evidence.record, sealed: other.toString('base64url') } }
    expect(await openRecord(context, replaced)).toBe('other-record')
  })

  test('asked for again gives the same share for nothing; its id for anything else is refused', async () => {
    const opening = randomUUID()
    const { evidence } = await evidenceOf({ opening })
    const before = await linesOfLedger()
    expect(typeof (await openRecord(context, evidence))).toBe('object')
    expect(typeof (await openRecord(context, evidence))).toBe('object')
    expect(await linesOfLedger()).toBe(before + 1)
    expect(await outcomeOf({ opening })).toBe('id-used')
  })

  test('of an erased record is refused, wherever the copy comes from', async () => {
    const erased = { ...owner, token: Buffer.alloc(16, 9) }
    const record = await sealFor(erased)
    expect(await outcomeOf({ of: erased, record, requester: 'officer-3' })).toBe('opened')
    await context.erasures.add(erased)
    expect(await outcomeOf({ of: erased, record, requester: 'officer-3' })).toBe('erased')
    const reopened = await Erasures.open(join(folder, 'erasures'))
    expect(reopened.has(erased)).toBe(true)
    await reopened.close()
  })

  test('of a record erased after a crash cut an erasure off is refused too', async () => {
    const path = join(folder, 'cut-erasures')
    await writeFile(path, '0123abcd')
    const cut = await Erasures.open(path)
    await Promise.all([cut.add(owner), cut.add(owner)])
    await cut.close()
    const reopened = await Erasures.open(path)
    expect(reopened.has(owner)).toBe(true)
    expect((await readFile(path, 'utf8')).split('\n')).toHaveLength(2)
    await reopened.close()
  })

  test('that can never be answered spends no budget', async () => {
    const before = await linesOfLedger()
    // A point that no key can be agreed with: once as what was sealed to us, once as the asking officer's key.
    const noPoint = Buffer.alloc(32)
    const record = Buffer.from(sealed)
    const enc = readSealedRecord(sealed)?.encapsulations[0]?.enc ?? noPoint
    record.set(noPoint, record.indexOf(enc))
    expect(await outcomeOf({ record, requester: 'officer-3' })).toBe('malformed')
    expect(await outcomeOf({ recipient: noPoint.toString('base64url'), requester: 'officer-3' })).toBe(
      'malformed',
    )
    expect(await linesOfLedger()).toBe(before)
  })

  test('proven by a log key that was rotated away is refused', async () => {
    const { evidence } = await evidenceOf({ requester: 'officer-3' })
    await rotateLogKey(keyringFile)
    expect(await openRecord(context, evidence)).toBe('not-logged')
    expect(await outcomeOf({ requester: 'officer-3' })).toBe('opened')
  })

  test('under an order that cannot be read has the budget of every day', async () => {
    const orderFile = join(folder, 'order.json')
    await writeFile(orderFile, '{"from":')
    const { evidence } = await evidenceOf({ requester: 'officer-3' })
    expect(typeof (await openRecord({ ...context, orderFile }, evidence))).toBe('object')
  })

  test('of a record whose key was destroyed is refused, and rotating alone destroys nothing', async () => {
    const before = await sealFor(owner)
    expect(await rotateSealingKey(keyringFile)).toBe(2)
    const after = await sealFor(owner)
    expect(await outcomeOf({ record: before, requester: 'officer-3' })).toBe('opened')
    await expect(destroySealingKey(keyringFile, 2)).rejects.toThrow('in use')
    await destroySealingKey(keyringFile, 1)
    expect(await outcomeOf({ record: before, requester: 'officer-3' })).toBe('key-destroyed')
    expect(await outcomeOf({ record: after, requester: 'officer-3' })).toBe('opened')
    sealed = after
  })

  test('mutated in any way opens nothing', async () => {
    // The whole measure is 100,000: PCBS_MUTATIONS=100000.
    const numRuns = Number(process.env.PCBS_MUTATIONS ?? 1000)
    const { evidence } = await evidenceOf({ requester: 'officer-2', approver: 'officer-1' })
    const { evidence: foreign } = await evidenceOf({ requester: 'officer-2', approver: 'officer-1' })
    const honest = JSON.stringify(evidence)
    const paths = pathsOf(evidence)
    const mutation = fc.oneof(
      fc.record({ type: fc.constant('foreign' as const), path: fc.constantFrom(...paths) }),
      fc.record({
        type: fc.constant('edited' as const),
        path: fc.constantFrom(...paths),
        at: fc.nat(2000),
        length: fc.nat(3),
        text: fc.string({ maxLength: 4 }),
      }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 3 }), async (mutations) => {
        const mutated = JSON.parse(honest) as OpeningEvidence
        for (const each of mutations)
          change(mutated, each.path, (value) =>
            each.type === 'foreign' ? valueAt(foreign, each.path) : edited(value, each),
          )
        if (isSame(mutated, evidence) || isSame(mutated, foreign)) return
        expect(typeof (await openRecord(context, mutated))).toBe('string')
      }),
      { numRuns },
    )
    // And the honest one, untouched, still does.
    expect(typeof (await openRecord(context, evidence))).toBe('object')
  }, 600_000)

  test('beyond the budget is refused', async () => {
    const outcomes: string[] = []
    for (let count = 0; count <= openingBudget.perOfficer; count++)
      outcomes.push(await outcomeOf({ requester: 'officer-1', approver: 'officer-3' }))
    expect(outcomes.at(-1)).toBe('budget-officer')
  })
})

type Path = readonly (string | number)[]

function pathsOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path]
  return Object.entries(value).flatMap(([key, inner]) =>
    pathsOf(inner, [...path, Array.isArray(value) ? Number(key) : key]),
  )
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce((at, key) => (at as Record<string | number, unknown>)[key], value)
}

function change(value: unknown, path: Path, to: (before: unknown) => unknown): void {
  const at = valueAt(value, path.slice(0, -1)) as Record<string | number, unknown>
  const key = path.at(-1) ?? ''
  at[key] = to(at[key])
}

function edited(value: unknown, { at, length, text }: { at: number; length: number; text: string }): unknown {
  if (typeof value === 'number') return value + length + 1
  const before = String(value)
  const place = at % (before.length + 1)
  return before.slice(0, place) + text + before.slice(place + length)
}

/** Whether two say the same: signatures, keys and hashes have more than one spelling in base64. */
function isSame(a: OpeningEvidence, b: OpeningEvidence): boolean {
  const bytes = (text: string) => Buffer.from(text, 'base64url').toString('hex')
  const spelt = ({ request, approval, logged, record }: OpeningEvidence) =>
    JSON.stringify([
      [request.text, bytes(request.signature), approval.text, bytes(approval.signature)],
      [logged.entry, logged.index, logged.hashes.map(bytes), noteOf(logged.note)],
      [record.telco, bytes(record.token), record.epoch, bytes(record.sealed)],
    ])
  return spelt(a) === spelt(b)
}

/** A note's checkpoint and the bytes of its two signatures: others beside them may be anything. */
function noteOf(note: string): string {
  const lines = note.split('\n').slice(0, 5)
  return [...lines.slice(0, 4), Buffer.from(lines[4]?.split(' ')[2] ?? '', 'base64').toString('hex')].join(
    '\n',
  )
}
