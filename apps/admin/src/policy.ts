import { readFile } from 'node:fs/promises'
import {
  askCustodian,
  type CollectionPolicy,
  CustodianRefusal,
  decodePolicy,
  encodeLogEntry,
  encodePolicy,
  type FieldForm,
  findPolicyFault,
  type PolicyField,
  policyFields,
  policyHash,
} from '@pcbs/seal'
import { findPolicy, insertPolicy, queueLogEntry } from '@pcbs/store'
import { type Command, CommandError, UsageError } from './command.ts'
import { administration, custodianUrls, fetchSealingKey } from './custodian.ts'
import { withOwner } from './database.ts'

/** What a policy's file says of a field. */
type PolicyFile = Partial<Record<PolicyField, { readonly form: FieldForm; readonly basis?: string }>>

/** What is collected where a policy's file says nothing of a field. */
const defaults: CollectionPolicy['forms'] = {
  msisdn: 'token',
  imsi: 'token',
  nationalId: 'tag',
  name: 'none',
  address: 'none',
}

/** `pcbs policy show` */
export const showPolicy: Command = async ({ terminal }) => {
  const policy = await withOwner(terminal, findPolicy)
  terminal.print(policy ? policy.text.trimEnd() : 'No policy was published yet.')
}

/** `pcbs policy publish FILE` */
export const publishPolicy: Command = async ({ words: [file], terminal }) => {
  if (!file) throw new UsageError('Say which file.')
  const { forms, bases } = await readPolicyFile(file)
  const isSealing = policyFields.some((field) => forms[field] === 'sealed')
  const custodians = isSealing ? await Promise.all(custodianUrls(terminal).map(fetchSealingKey)) : []
  const fault = findPolicyFault({ forms, bases, custodians })
  if (fault) throw new UsageError(`${file}: ${fault}.`)
  const caller = await administration(terminal)
  const version = await withOwner(terminal, async (db) => {
    const stored = await findPolicy(db)
    const before = stored && decodePolicy(stored.text)
    const next = { version: (before?.version ?? 0) + 1, forms, bases, custodians }
    if (before && encodePolicy({ ...next, version: before.version }) === stored.text) return undefined
    const text = encodePolicy(next)
    const { signature } = await askCustodian(caller, 'sign_policy', { text }).catch((error: unknown) => {
      const said = error instanceof CustodianRefusal ? error.message : 'It does not answer.'
      throw new CommandError(`The custodian did not sign: ${said}`)
    })
    await insertPolicy(db, { version: next.version, text, signature })
    const fields = { version: `#${next.version}`, policy: `sha256:${policyHash(text)}` }
    await queueLogEntry(db, encodeLogEntry('policy-published', Date.now(), fields))
    return next.version
  })
  terminal.print(
    version === undefined
      ? 'The policy in force says this already.'
      : `Policy ${version} is in force within five seconds. Feeds under way go on under the one before.`,
  )
}

async function readPolicyFile(file: string): Promise<Pick<CollectionPolicy, 'forms' | 'bases'>> {
  const text = await readFile(file, 'utf8').catch(() => {
    throw new CommandError(`There is no file ${file}.`)
  })
  let content: PolicyFile
  try {
    content = JSON.parse(text) as PolicyFile
  } catch {
    throw new CommandError(`${file} is not JSON.`)
  }
  const unknown = Object.keys(content).find((field) => !(policyFields as readonly string[]).includes(field))
  if (unknown) throw new UsageError(`${file}: a policy has no field ${unknown}.`)
  const forms = Object.fromEntries(
    policyFields.map((field) => [field, content[field]?.form ?? defaults[field]]),
  ) as CollectionPolicy['forms']
  const bases = Object.fromEntries(
    policyFields.flatMap((field) => {
      const basis = content[field]?.basis
      return basis === undefined ? [] : [[field, basis]]
    }),
  )
  return { forms, bases }
}
