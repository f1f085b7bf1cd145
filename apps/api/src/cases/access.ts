import { findCase, type StoredCase } from '@pcbs/store'
import type { Principal } from '../auth/principal.ts'
import type { Context } from '../context.ts'
import { Problem } from '../http/problems.ts'

/** Whether this principal may see and move this case: its telco, or any officer. */
export function mayUseCase(principal: Principal, stored: StoredCase): boolean {
  return principal.kind === 'officer' || (principal.kind === 'telco' && principal.telco.id === stored.telcoId)
}

/** The case, or the same refusal for one that does not exist and one of another telco. */
export async function getVisibleCase({ db }: Context, principal: Principal, id: string): Promise<StoredCase> {
  const stored = await findCase(db, id)
  if (!stored || !mayUseCase(principal, stored)) throw noSuchCase()
  return stored
}

/** The refusal that tells nobody whether a case exists. */
export function noSuchCase(): Problem {
  return new Problem('not-found', 'No case of yours has this id.')
}
