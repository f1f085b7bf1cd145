import type { Schemas } from '@pcbs/contract'
import { decodeStatement, type StatementFields, type StatementType } from '@pcbs/seal'
import type { Principal } from '../auth/principal.ts'
import type { Context } from '../context.ts'
import { askFor } from '../custodians.ts'
import { Problem } from '../http/problems.ts'

/** What an officer signed, held to its form and to who sends it; whether they did, custodians know. */
export function readStatement<Type extends StatementType>(
  type: Type,
  { text }: Schemas['SignedStatement'],
  principal: Principal,
): StatementFields<Type> & { readonly officer: string } {
  const fields = decodeStatement(type, text)
  if (!fields)
    throw invalidStatement('statement-format', `Write it as docs/formats.md says: pcbs-${type}-v1.`)
  // Every statement names its officer.
  const named = fields as StatementFields<Type> & { readonly officer: string }
  if (principal.kind !== 'officer' || principal.officerId !== named.officer)
    throw new Problem('forbidden', 'A statement is sent by the officer who signed it.')
  return named
}

/**
 * Has every custodian hold a statement to its officer's key, before anything is kept or logged of it.
 * @throws {Problem} `opening-refused` in the custodian's words; `unavailable`
 */
export async function requireSigned(
  { custodians }: Pick<Context, 'custodians'>,
  type: 'opening-request' | 'opening-approval',
  { text, signature }: Schemas['SignedStatement'],
): Promise<void> {
  const asked = { type, statement: { text, signature } }
  await Promise.all(custodians.sealing.map((custodian) => askFor(custodian, 'check_statement', asked)))
}

/** The refusal of a statement; it does not repeat what was sent. */
export function invalidStatement(code: string, remedy: string): Problem {
  return new Problem('request-invalid', 'See errors.', { errors: [{ field: 'body.text', code, remedy }] })
}
