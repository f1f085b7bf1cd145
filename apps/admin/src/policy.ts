import { readFile } from 'node:fs/promises'
import { parseTimeZone, timeZoneRemedies } from '@pcbs/core'
import {
  askCustodian,
  type CollectionPolicy,
  CustodianRefusal,
  decodePolicy,
  encodeLogEntry,
  encodePolicy,
  type FieldForm,
  findPolicyFault,
  type Nation,
  type PolicyField,
  policyFields,
  policyHash,
} from '@pcbs/seal'
import { findPolicy, insertPolicy, queueLogEntry } from '@pcbs/store'
import { type Command, CommandError, UsageError } from './command.ts'
import { administration, custodianUrls, fetchSealingKey } from './custodian.ts'
import { withOwner } from './database.ts'

/** What a policy's file says: of the nation, and of each field. */
type PolicyFile = Partial<Record<PolicyField, { readonly form: FieldForm; readonly basis?: string }>> & {
  readonly nation?: Nation
}

/** The nation of a first policy whose file names none. */
const defaultNation: Nation = { country: 'MY', mccs: ['502'], timeZone: 'Asia/Kuala_Lumpur' }

/** What is collected where a policy's file says nothing of a field. */
const defaults: CollectionPolicy['forms'] = {
  msisdn: 'token',
  imsi: 'token',
  nationalId: 'tag',
  name: 'none',
  address: 'none',
}

/** What is said before the first policy. */
const unpublished = { forms: defaults }

/** `pcbs policy show` */
export const showPolicy: Command = async ({ terminal }) => {
  const policy = await withOwner(terminal, findPolicy)
  terminal.print(policy ? policy.text.trimEnd() : 'No policy was published yet.')
}

/** `pcbs policy publish FILE` */
export const publishPolicy: Command = async ({ words: [file], terminal }) => {
  if (!file) throw new UsageError('Say which file.')
  const { nation, forms, bases } = await readPolicyFile(file)
  const isSealing = policyFields.some((field) => forms[field] === 'sealed')
  const custodians = isSealing ? await Promise.all(custodianUrls(terminal).map(fetchSealingKey)) : []
  const fault = findPolicyFault({ ...(nation && { nation }), forms, bases, custodians })
  if (fault) throw new UsageError(`${file}: ${fault}.`)
  const caller = await administration(terminal)
  const published = await withOwner(terminal, async (db) => {
    const stored = await findPolicy(db)
    const before = stored && decodePolicy(stored.text)
    const said = nation ?? before?.nation ?? defaultNation
    const next = { version: (before?.version ?? 0) + 1, nation: said, forms, bases, custodians }
    if (before && encodePolicy({ ...next, version: before.version }) === stored.text) return undefined
    const text = encodePolicy(next)
    const { signature } = await askCustodian(caller, 'sign_policy', { text }).catch((error: unknown) => {
      const said = error instanceof CustodianRefusal ? error.message : 'It does not answer.'
      throw new CommandError(`The custodian did not sign: ${said}`)
    })
    await insertPolicy(db, { version: next.version, text, signature })
    const fields = { version: `#${next.version}`, policy: `sha256:${policyHash(text)}` }
    await queueLogEntry(db, encodeLogEntry('policy-published', Date.now(), fields))
    return { version: next.version, changes: describeChanges(before ?? unpublished, next) }
  })
  if (!published) return terminal.print('The policy in force says this already.')
  for (const change of published.changes) terminal.print(change)
  terminal.print(
    `Policy ${published.version} is in force within five seconds. Feeds under way go on under the one before.`,
  )
}

function describeNation({ country, mccs, timeZone }: Nation): string {
  return `${country}, ${mccs.join(' and ')}, days of ${timeZone}`
}

function describeChanges(
  before: Pick<CollectionPolicy, 'nation' | 'forms'>,
  { nation, forms }: Pick<CollectionPolicy, 'forms'> & { readonly nation: Nation },
): readonly string[] {
  const said = describeNation(nation)
  const isSame = before.nation !== undefined && describeNation(before.nation) === said
  return [
    ...(isSame ? [] : [`nation: ${said}`]),
    ...policyFields
      .filter((field) => before.forms[field] !== forms[field])
      .map((field) => `${field}: ${before.forms[field]} before, ${forms[field]} now`),
  ]
}

async function readPolicyFile(file: string): Promise<Pick<CollectionPolicy, 'nation' | 'forms' | 'bases'>> {
  const text = await readFile(file, 'utf8').catch(() => {
    throw new CommandError(`There is no file ${file}.`)
  })
  let content: unknown
  try {
    content = JSON.parse(text)
  } catch {
    throw new CommandError(`${file} is not JSON.`)
  }
  const fault = findFileFault(content)
  if (fault) throw new UsageError(`${file}: ${fault}.`)
  const fields = content as PolicyFile
  const forms = Object.fromEntries(
    policyFields.map((field) => [field, fields[field]?.form ?? defaults[field]]),
  ) as CollectionPolicy['forms']
  const bases = Object.fromEntries(
    policyFields.flatMap((field) => {
      const basis = fields[field]?.basis
      return basis === undefined ? [] : [[field, basis]]
    }),
  )
  return { ...(fields.nation && { nation: fields.nation }), forms, bases }
}

/** What is written as no policy is. What is misspelt must not be taken for what is left out. */
function findFileFault(content: unknown): string | undefined {
  if (!isObject(content)) return 'a policy is an object of fields'
  const { nation, ...fields } = content
  const nationFault = nation === undefined ? undefined : findNationFault(nation)
  if (nationFault) return nationFault
  for (const [field, said] of Object.entries(fields)) {
    if (!(policyFields as readonly string[]).includes(field)) return `a policy has no field ${field}`
    if (!isObject(said) || typeof said.form !== 'string') return `${field} is an object with a form`
    if (said.basis !== undefined && typeof said.basis !== 'string') return `the basis of ${field} is a text`
    const unknown = Object.keys(said).find((name) => name !== 'form' && name !== 'basis')
    if (unknown) return `${field} has a form and a basis, and no ${unknown}`
  }
  return undefined
}

function findNationFault(nation: unknown): string | undefined {
  const isWhole =
    isObject(nation) &&
    typeof nation.country === 'string' &&
    Array.isArray(nation.mccs) &&
    nation.mccs.every((mcc) => typeof mcc === 'string') &&
    typeof nation.timeZone === 'string'
  if (!isWhole) return 'a nation has a country, a list of mccs and a timeZone'
  const unknown = Object.keys(nation).find((name) => !['country', 'mccs', 'timeZone'].includes(name))
  if (unknown) return `a nation has no ${unknown}`
  return parseTimeZone(String(nation.timeZone)).ok ? undefined : timeZoneRemedies['time-zone-unknown']
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
