import type { Telco } from '@pcbs/store'
import type { Context } from '../context.ts'
import { Problem } from '../http/problems.ts'
import type { Principal } from './principal.ts'

/** The telco that sends a request; operations for telcos alone begin with it. */
export function requireTelco(principal: Principal): Telco {
  if (principal.kind === 'telco') return principal.telco
  throw new Problem('forbidden', 'Only a telco’s own client may do this.')
}

/** Whose feeds a request is about: a telco's own, or the one that an officer names. */
export function telcoInQuestion({ telcos }: Context, principal: Principal, named: string | undefined): Telco {
  if (principal.kind === 'telco') return principal.telco
  const telco = telcos.find(({ code }) => code === named)
  if (telco) return telco
  const [fault, remedy] =
    named === undefined
      ? ['missing', 'Name the telco by its code.']
      : ['unknown', 'There is no telco of this code.']
  throw new Problem('request-invalid', 'See errors.', {
    errors: [{ field: 'telco', code: `telco-${fault}`, remedy }],
  })
}

/** The one telco that a list is about: a telco's own, the one that an officer names, or none in particular. */
export function telcoFilter(
  context: Context,
  principal: Principal,
  named: string | undefined,
): Telco | undefined {
  const isOfAll = principal.kind !== 'telco' && named === undefined
  return isOfAll ? undefined : telcoInQuestion(context, principal, named)
}
