import { claimHash, statementHash } from '@pcbs/seal'
import { findOwnerTag } from '@pcbs/store'
import { nameOf } from '../auth/principal.ts'
import { askFor } from '../custodians.ts'
import type { Handler } from '../http/operation.ts'
import { readToken } from '../http/token-input.ts'
import { invalidStatement, readStatement } from '../openings/statement-input.ts'
import { record } from '../transparency/record.ts'

export const checkClaim: Handler<'checkClaim'> = async ({ body, principal }, context) => {
  const { statement, claim } = body
  const check = readStatement('claim-check', statement, principal)
  if (check.claim !== claimHash(claim))
    throw invalidStatement('other-claim', 'Sign the hash of the claim that you send.')
  const telco = context.telcos.find(({ code }) => code === check.telco)
  if (!telco) throw invalidStatement('telco-unknown', 'There is no telco of this code.')
  await record(context, context.db, 'claim-checked', {
    check: check.check,
    telco: telco.code,
    request: `sha256:${statementHash(statement.text)}`,
    actor: nameOf(principal),
  })
  const { tokens } = await askFor(context.custodians.main, 'claim_tokens', { statement, claim })
  const expected = { field: 'body.claim', kind: 'msisdn', telco } as const
  for (const { subscription, ownerTag } of tokens) {
    const onFile = await findOwnerTag(
      context.db,
      telco.id,
      readToken(context, expected, subscription).wrapped,
    )
    if (onFile !== undefined) return { status: 200, body: { answer: onFile === ownerTag ? 'yes' : 'no' } }
  }
  return { status: 200, body: { answer: 'number unknown' } }
}
