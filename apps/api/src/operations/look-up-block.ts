import type { Schemas } from '@pcbs/contract'
import type { Imei14 } from '@pcbs/core'
import {
  type DatedRange,
  findTacRangeOfChange,
  listCasesHolding,
  readAtOneMoment,
  type StoredCase,
} from '@pcbs/store'
import { findOnPhone } from '../block-list/find-on-phone.ts'
import { type Context, telcoById } from '../context.ts'
import { readImei } from '../http/imei-input.ts'
import type { Handler } from '../http/operation.ts'

type BlockHolder = Schemas['BlockHolder']

export const lookUpBlock: Handler<'lookUpBlock'> = async ({ body }, context) => {
  const imei = readImei('body.imei', body.imei)
  // List and cases of one moment: a release in between would leave a block that nobody made.
  const holders = await readAtOneMoment(context.db, (db) =>
    findHolders({ db, keys: context.keys, telcos: context.telcos }, imei),
  )
  return holders
    ? { status: 200, body: { status: 'blocked', ...holders[0], holders } }
    : { status: 200, body: { status: 'not blocked' } }
}

/** What holders are found with. */
type Lookup = Pick<Context, 'db' | 'keys' | 'telcos'>

/** Everybody who blocks a phone; `undefined` where nobody does. */
async function findHolders(lookup: Lookup, imei: Imei14): Promise<BlockHolder[] | undefined> {
  const { verdict, exact, range } = await findOnPhone(lookup, imei)
  if (verdict.status !== 'PROHIBITED') return undefined
  return [
    ...(exact === 'PROHIBITED' ? await findCaseHolders(lookup, imei) : []),
    ...(range?.status === 'PROHIBITED' ? [await rangeHolder(lookup, range)] : []),
  ]
}

async function findCaseHolders(context: Lookup, imei: Imei14): Promise<readonly BlockHolder[]> {
  const cases = await listCasesHolding(context.db, [context.keys.imeiToken(imei)])
  return cases.flatMap((stored) => (stored.blockedAt ? [caseHolder(context, stored, stored.blockedAt)] : []))
}

function caseHolder(context: Lookup, { id, telcoId, reason }: StoredCase, blockedAt: Date): BlockHolder {
  const { name } = telcoById(context, telcoId)
  return {
    organisation: name,
    blockedAt: blockedAt.toISOString(),
    reason,
    caseId: id,
    contest: `Ask your own telco to dispute case ${id}, or ${name}; an officer of the regulator decides.`,
  }
}

async function rangeHolder({ db }: Lookup, { tacs, reason, seq, at }: DatedRange): Promise<BlockHolder> {
  const proposal = await findTacRangeOfChange(db, seq)
  return {
    organisation: 'The regulator',
    blockedAt: at.toISOString(),
    reason,
    ...(proposal && { rangeId: proposal.id }),
    contest: `All phones of the models ${tacs.from} to ${tacs.to} are blocked: ask the regulator, whose officers decided it.`,
  }
}
