import {
  askCustodian,
  type CustodianAction,
  type CustodianActions,
  type CustodianCaller,
  CustodianRefusal,
} from '@pcbs/seal'
import { Problem, type ProblemCode } from './http/problems.ts'

/** Whom the API asks on officers' and telcos' behalf. */
export interface Custodians {
  /** The one that telcos' token keys, the list and the log are of. */
  readonly main: CustodianCaller
  /** All that records are sealed to, in the policy's order; the registry's own keys are made of a part of each. */
  readonly sealing: readonly CustodianCaller[]
}

/** The custodians at these URLs; the main one alone where there are none. */
export function createCustodians(main: CustodianCaller, sealingUrls: string): Custodians {
  const urls = sealingUrls.split(',').filter(Boolean)
  return { main, sealing: urls.length > 0 ? urls.map((url) => ({ ...main, url })) : [main] }
}

/** A custodian's refusal as ours, by its HTTP status. */
const refusals: Readonly<Record<number, ProblemCode>> = {
  400: 'request-invalid',
  403: 'opening-refused',
  409: 'opening-refused',
  410: 'record-gone',
  429: 'budget-spent',
}

/**
 * Asks a custodian; what it says to a refused officer is passed on.
 * @throws {Problem} `unavailable` when it is away
 */
export async function askFor<Action extends CustodianAction>(
  custodian: CustodianCaller,
  action: Action,
  body: CustodianActions[Action]['request'],
): Promise<CustodianActions[Action]['answer']> {
  try {
    return await askCustodian(custodian, action, body)
  } catch (error) {
    const code = error instanceof CustodianRefusal ? refusals[error.status] : undefined
    if (code && error instanceof Error) throw new Problem(code, error.message)
    throw new Problem('unavailable', 'A custodian does not answer.', { retryAfterSeconds: 5 })
  }
}
