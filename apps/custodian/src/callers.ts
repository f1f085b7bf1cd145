import { readFile } from 'node:fs/promises'
import type { CustodianAction } from '@pcbs/seal'
import type { JWK } from 'jose'

/** Somebody the custodian answers, with the public key that proves it. */
export interface Caller {
  readonly id: string
  readonly role: 'telco' | 'registry' | 'administration'
  /** The telco's code, for telcos. */
  readonly telco?: string
  /** Ed25519 public key. */
  readonly publicKey: JWK
}

/** What each role may ask. Whatever is not here is refused. */
export const permissions = {
  telco: ['telco_key'],
  registry: [
    'registry_keys',
    'delegate_list_key',
    'last_checkpoint',
    'sign_checkpoint',
    'open_record',
    'erase_record',
    'check_statement',
    'claim_tokens',
  ],
  administration: ['sign_policy'],
} as const satisfies Record<Caller['role'], readonly CustodianAction[]>

/** Reads the file of callers anew, so that a telco is added without a restart. */
export async function findCaller(path: string, id: string): Promise<Caller | undefined> {
  const callers = JSON.parse(await readFile(path, 'utf8')) as readonly Caller[]
  return callers.find((caller) => caller.id === id)
}

/** Whether this caller may ask this. */
export function isPermitted({ role }: Caller, action: CustodianAction): boolean {
  const allowed: readonly CustodianAction[] = permissions[role]
  return allowed.includes(action)
}
