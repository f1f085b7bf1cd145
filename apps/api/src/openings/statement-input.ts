import type { Schemas } from '@pcbs/contract'
import { decodeStatement, type StatementFields, type StatementType } from '@pcbs/seal'
import type { Principal } from '../auth/principal.ts'
import { Problem } from '../http/problems.ts'

/** What an officer signed, held to its form and to who sends it; the signature itself is the custodians' to check. */
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

/** The refusal of a statement; it does not repeat what was sent. */
export function invalidStatement(code: string, remedy: string): Problem {
  return new Problem('request-invalid', 'See errors.', { errors: [{ field: 'body.text', code, remedy }] })
}
