import type { Schemas } from '@pcbs/contract'
import { type EventInput, eventInputs, type LetThrough } from '@pcbs/core'
import type { StoredCase } from '@pcbs/store'
import type { Principal } from '../auth/principal.ts'
import type { Context } from '../context.ts'
import { Problem, type ProblemDetail } from '../http/problems.ts'
import { readToken } from '../http/token-input.ts'

type NewCaseEvent = Schemas['NewCaseEvent']

const officersInputs = [
  'arePapersAccepted',
  'areClonesAccepted',
  'exceptions',
] as const satisfies readonly EventInput[]
const claimantInputs = ['subscription', 'ownerTag'] as const

/**
 * Refuses an event that says more than it takes, or less than it needs: whatever is sent takes effect, or its author
 * learns that it does not.
 * @throws {Problem} naming each field
 */
export function requireFittingInput(principal: Principal, body: NewCaseEvent): void {
  const given = officersInputs.filter((name) => body[name] !== undefined)
  if (principal.kind !== 'officer' && given.length > 0)
    throw new Problem('forbidden', 'Part of this is an officer’s to decide.', {
      errors: given.map((name) => detail(name, 'officers-only', 'Leave it out: an officer decides this.')),
    })
  const taken = eventInputs[body.event] ?? []
  const errors = [
    ...given
      .filter((name) => !taken.includes(name))
      .map((name) => detail(name, 'not-taken', `Leave it out: it changes nothing at ${body.event}.`)),
    ...(body.event === 'change_exceptions' && body.exceptions === undefined
      ? [detail('exceptions', 'missing', 'Name every SIM that is let through from now on; [] for none.')]
      : []),
    ...findClaimantFaults(principal, body),
  ]
  if (errors.length > 0) throw new Problem('request-invalid', 'See errors.', { errors })
}

function findClaimantFaults(principal: Principal, body: NewCaseEvent): readonly ProblemDetail[] {
  const given = claimantInputs.filter((name) => body[name] !== undefined)
  if (given.length === 0) return []
  if (principal.kind !== 'telco')
    return given.map((name) => detail(name, 'not-taken', 'Leave it out: a telco identifies its claimant.'))
  return claimantInputs
    .filter((name) => !given.includes(name))
    .map((name) => detail(name, 'missing', 'Send the claimant’s subscription and owner tag together.'))
}

function detail(
  name: EventInput | (typeof claimantInputs)[number],
  code: string,
  remedy: string,
): ProblemDetail {
  return { field: `body.${name}`, code, remedy }
}

/**
 * Whether the claimant is confirmed: the event names the subscription and owner that reported the phone.
 * @throws {Problem} where it names others
 */
export function readClaimant(
  context: Context,
  principal: Principal,
  stored: StoredCase,
  { subscription, ownerTag }: NewCaseEvent,
): boolean {
  if (principal.kind !== 'telco' || subscription === undefined || ownerTag === undefined) return false
  const expected = { field: 'body.subscription', kind: 'msisdn', telco: principal.telco } as const
  const { wrapped } = readToken(context, expected, subscription)
  if (wrapped.equals(stored.subscription) && ownerTag === stored.ownerTag) return true
  const remedy = 'This is not who reported the phone: send the owner tag of the subscription that did.'
  throw new Problem('event-refused', 'See errors.', {
    errors: [{ field: 'body.event', code: 'claimant-not-confirmed', remedy }],
  })
}

/** The SIMs that an officer lets through, as they are stored. */
export function readExceptions(
  context: Context,
  exceptions: readonly Schemas['ListException'][],
): readonly LetThrough[] {
  return exceptions.map(({ telco: code, imsi }, index) => {
    const telco = context.telcos.find((each) => each.code === code)
    if (!telco) {
      const field = `body.exceptions.${index}.telco`
      const errors = [{ field, code: 'telco-unknown', remedy: 'Name the telco by its code.' }]
      throw new Problem('request-invalid', 'See errors.', { errors })
    }
    const expected = { field: `body.exceptions.${index}.imsi`, kind: 'imsi', telco } as const
    const { wrapped, epoch } = readToken(context, expected, imsi)
    return { telcoId: telco.id, imsi: wrapped.toString('hex'), epoch }
  })
}
