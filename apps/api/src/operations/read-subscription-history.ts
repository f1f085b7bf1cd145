import { listCasesOfSubscription, listEntriesAbout, listLookupsOfSubscription } from '@pcbs/store'
import { nameOf } from '../auth/principal.ts'
import { requireTelco } from '../auth/require.ts'
import type { Handler } from '../http/operation.ts'
import { readTokensOfEveryEpoch } from '../http/token-input.ts'
import { record } from '../transparency/record.ts'

export const readSubscriptionHistory: Handler<'readSubscriptionHistory'> = async (
  { body, principal },
  context,
) => {
  const telco = requireTelco(principal)
  const expected = { field: 'body.subscriptions', kind: 'msisdn', telco } as const
  const tokens = readTokensOfEveryEpoch(context, expected, body.subscriptions)
  const stored = tokens.map(({ wrapped }) => wrapped)
  const cases = await listCasesOfSubscription(context.db, telco.id, stored)
  const lookups = await listLookupsOfSubscription(context.db, telco.id, stored)
  const entries = await listEntriesAbout(context.db, [...cases, ...lookups])
  await record(context, context.db, 'history-read', {
    telco: telco.code,
    cases: String(cases.length),
    actor: nameOf(principal),
  })
  return { status: 200, body: { items: entries.map((entry) => ({ ...entry })) } }
}
