import { findListEntry, listCasesHolding } from '@pcbs/store'
import { telcoById } from '../context.ts'
import { readImei } from '../http/imei-input.ts'
import type { Handler } from '../http/operation.ts'

export const lookUpBlock: Handler<'lookUpBlock'> = async ({ body }, context) => {
  const imei = readImei('body.imei', body.imei)
  const entry = await findListEntry(context.db, imei)
  if (entry?.status !== 'PROHIBITED') return { status: 200, body: { status: 'not blocked' } }
  const [stored] = await listCasesHolding(context.db, [context.keys.imeiToken(imei)], null)
  if (!stored?.blockedAt) return { status: 200, body: { status: 'blocked' } }
  const { name } = telcoById(context, stored.telcoId)
  return {
    status: 200,
    body: {
      status: 'blocked',
      organisation: name,
      blockedAt: stored.blockedAt.toISOString(),
      reason: stored.reason,
      caseId: stored.id,
      contest: `Ask your own telco to dispute case ${stored.id}, or ${name}; an officer of the regulator decides.`,
    },
  }
}
