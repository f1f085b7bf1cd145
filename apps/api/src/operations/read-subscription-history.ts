import { listCasesOfSubscription, listEntriesOfCases } from '@pcbs/store'
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
  const cases = await listCasesOfSubscription(
    context.db,
    telco.id,
    tokens.map(({ wrapped }) => wrapped),
  )
  const entries = await listEntriesOfCases(context.db, cases)
  await record(context, context.db, 'history-read', {
    telco: telco.code,
    cases: String(cases.length),
    actor: nameOf(principal),
  })
  return { status: 200, body: { items: entries.map((entry) => ({ ...entry })) } }
}
