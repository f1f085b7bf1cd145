import { randomUUID } from 'node:crypto'
import { addDays, dayAt, findUnblockable, formatImei15, startOfDay } from '@pcbs/core'
import {
  claimBudget,
  findOwnerTag,
  insertPhoneLookup,
  listPhonesOf,
  type RegistryTransaction,
  type Telco,
  type UsedPhone,
} from '@pcbs/store'
import { nameOf } from '../auth/principal.ts'
import { requireTelco } from '../auth/require.ts'
import type { Context } from '../context.ts'
import type { Handler } from '../http/operation.ts'
import { Problem } from '../http/problems.ts'
import { readToken } from '../http/token-input.ts'
import { nationOf } from '../policy/policies.ts'
import { record } from '../transparency/record.ts'

export const lookUpPhones: Handler<'lookUpPhones'> = async ({ body, principal }, context) => {
  const telco = requireTelco(principal)
  const expected = { field: 'body.subscription', kind: 'msisdn', telco } as const
  const { wrapped: subscription } = readToken(context, expected, body.subscription)
  const claimant = { telco, subscription, ownerTag: body.ownerTag, actor: nameOf(principal) }
  const phones = await context.db.transaction().execute((tx) => lookUp(context, tx, claimant))
  if (phones) return { status: 200, body: { items: phones.flatMap((phone) => phoneView(context, phone)) } }
  const remedy = 'No subscription of this telco has this owner: check the number and the document.'
  throw new Problem('claimant-refused', 'See errors.', {
    errors: [{ field: 'body.ownerTag', code: 'claimant-not-confirmed', remedy }],
  })
}

interface Claimant {
  readonly telco: Telco
  /** Second-layer token. */
  readonly subscription: Buffer
  readonly ownerTag: number
  readonly actor: string
}

/** Spends of the budget and writes the look-up down whether or not it is answered: guessing an owner tag costs too. */
async function lookUp(
  context: Context,
  tx: RegistryTransaction,
  { telco, subscription, ownerTag, actor }: Claimant,
): Promise<readonly UsedPhone[] | undefined> {
  const now = context.now()
  const { timeZone } = nationOf(context)
  const today = dayAt(now.getTime(), timeZone)
  const budget = { telcoId: telco.id, day: today, purpose: 'phone-lookup' } as const
  if (!(await claimBudget(tx, budget, { amount: 1, limit: telco.phoneLookupBudgetPerDay })))
    throw new Problem('budget-spent', 'This telco has looked up as many claimants’ phones as it may today.', {
      retryAfterSeconds: Math.ceil((startOfDay(addDays(today, 1), timeZone) - now.getTime()) / 1000),
    })
  const isOwner = (await findOwnerTag(tx, telco.id, subscription)) === ownerTag
  const id = randomUUID()
  await insertPhoneLookup(tx, { telcoId: telco.id, id, subscription, at: now })
  const outcome = isOwner ? 'answered' : 'refused'
  await record(context, tx, 'phones-looked-up', { lookup: id, telco: telco.code, outcome, actor })
  const since = addDays(today, -context.config.lookBackDays)
  return isOwner ? listPhonesOf(tx, { telcoId: telco.id, subscription }, since) : undefined
}

/** An IMEI that many phones share is nobody's phone, and no case takes it. */
function phoneView({ keys }: Context, { imei, firstSeen, lastSeen }: UsedPhone) {
  const phone = keys.openImei(imei)
  return findUnblockable(phone) ? [] : [{ imei: formatImei15(phone), firstSeen, lastSeen }]
}
