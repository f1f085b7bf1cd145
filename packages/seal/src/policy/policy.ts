import { createHash, type KeyObject, verify } from 'node:crypto'
import { signBytes } from '../block-list/signature.ts'
import { maxCustodians, type SealingCustodian } from '../sealed/record.ts'

/** Whether a field is collected, and in which form it leaves the telco. */
export const fieldForms = ['none', 'token', 'tag', 'sealed'] as const

/** One of {@link fieldForms}. */
export type FieldForm = (typeof fieldForms)[number]

/** The forms that each field can have: another cannot be made, or would give the person away. */
export const possibleForms = {
  msisdn: ['token'],
  imsi: ['token'],
  nationalId: ['tag'],
  name: ['none', 'sealed'],
  address: ['none', 'sealed'],
} as const satisfies Record<string, readonly FieldForm[]>

/** A field that a policy speaks of. */
export type PolicyField = keyof typeof possibleForms

/** The fields, in the policy's order. */
export const policyFields = Object.keys(possibleForms) as readonly PolicyField[]

/** Whose numbers and SIMs are home ones, and whose days are counted: the same for every telco, since it is signed. */
export interface Nation {
  /** ISO 3166-1 alpha-2, such as MY. */
  readonly country: string
  /** Mobile country codes, such as 502; at least one. */
  readonly mccs: readonly string[]
  /** IANA name, such as Asia/Kuala_Lumpur. */
  readonly timeZone: string
}

/** What is collected, per field, and to whom what is sealed is sealed. */
export interface CollectionPolicy {
  /** From 1. */
  readonly version: number
  /** Absent in policies of the first format, which did not name it: nobody sends or decides by them any more. */
  readonly nation?: Nation
  readonly forms: Readonly<Record<PolicyField, FieldForm>>
  /** The law that asks for a sealed field, for each of them and no other. */
  readonly bases: Readonly<Partial<Record<PolicyField, string>>>
  /** Empty where nothing is sealed. */
  readonly custodians: readonly SealingCustodian[]
}

/** A policy with the signature of the custodian's root. */
export interface SignedPolicy {
  readonly text: string
  /** Ed25519 over the text, base64url. */
  readonly signature: string
}

const heading = 'pcbs-collection-policy-v2'
/** The first format has no line for the nation. */
const headingWithoutNation = 'pcbs-collection-policy-v1'
const nationForm = /^nation ([A-Z]{2}) ([0-9]{3}(?:,[0-9]{3}){0,9}) ([A-Z][A-Za-z0-9_+/-]{0,63})$/
const basisForm = /^[!-~](?:[ -~]{0,158}[!-~])?$/
const custodianForm = /^custodian ([a-z][a-z0-9-]{1,30}) ([1-9][0-9]{0,2}) ([A-Za-z0-9_-]{43})$/

/** Writes a policy as the text that is signed: ASCII lines ended by LF. */
export function encodePolicy({ version, nation, forms, bases, custodians }: CollectionPolicy): string {
  const lines = [
    nation ? heading : headingWithoutNation,
    `version ${version}`,
    ...(nation ? [nationLine(nation)] : []),
    ...policyFields.map((field) => `field ${field} ${forms[field]}`),
    ...policyFields.flatMap((field) =>
      bases[field] === undefined ? [] : [`basis ${field} ${bases[field]}`],
    ),
    ...custodians.map(({ name, epoch, publicKey }) => `custodian ${name} ${epoch} ${publicKey}`),
  ]
  return `${lines.join('\n')}\n`
}

/** Reads a policy; `undefined` for any text that {@link encodePolicy} does not write, and for policies that cannot be. */
export function decodePolicy(text: string): CollectionPolicy | undefined {
  const lines = text.split('\n').slice(0, -1)
  const version = /^version ([1-9][0-9]{0,8})$/.exec(lines[1] ?? '')?.[1]
  const nation = readNation(lines[2] ?? '')
  const forms: Partial<Record<PolicyField, FieldForm>> = {}
  const bases: Partial<Record<PolicyField, string>> = {}
  const custodians: SealingCustodian[] = []
  for (const line of lines.slice(2)) {
    const [word = '', field = '', ...rest] = line.split(' ')
    const value = rest.join(' ')
    if (word === 'field') forms[field as PolicyField] = value as FieldForm
    if (word === 'basis') bases[field as PolicyField] = value
    const [, name = '', epoch, publicKey = ''] = custodianForm.exec(line) ?? []
    if (epoch !== undefined) custodians.push({ name, epoch: Number(epoch), publicKey })
  }
  const fault = findPolicyFault({ ...(nation && { nation }), forms, bases, custodians })
  if (version === undefined || fault) return undefined
  // Each field was just found to have a form.
  const policy = {
    version: Number(version),
    ...(nation && { nation }),
    forms,
    bases,
    custodians,
  } as CollectionPolicy
  return encodePolicy(policy) === text ? policy : undefined
}

function nationLine({ country, mccs, timeZone }: Nation): string {
  return `nation ${country} ${mccs.join(',')} ${timeZone}`
}

function readNation(line: string): Nation | undefined {
  const [, country, mccs, timeZone] = nationForm.exec(line) ?? []
  if (country === undefined || mccs === undefined || timeZone === undefined) return undefined
  return { country, mccs: mccs.split(','), timeZone }
}

/** What keeps a policy from being one, in words; `undefined` where nothing does. */
export function findPolicyFault({
  nation,
  forms,
  bases,
  custodians,
}: {
  readonly nation?: Nation
  readonly forms: Readonly<Partial<Record<PolicyField, FieldForm>>>
  readonly bases: CollectionPolicy['bases']
  readonly custodians: CollectionPolicy['custodians']
}): string | undefined {
  if (nation && !nationForm.test(nationLine(nation)))
    return 'the nation has a country (two letters), mccs (three digits each, ten at most) and a timeZone (IANA name)'
  for (const field of policyFields) {
    const possible: readonly FieldForm[] = possibleForms[field]
    const form = forms[field]
    if (form === undefined || !possible.includes(form)) return `${field} can be ${possible.join(' or ')}`
    const basis = bases[field]
    if (form === 'sealed' && !basisForm.test(basis ?? ''))
      return `${field} is sealed: record its legal basis, in up to 160 ASCII characters`
    if (form !== 'sealed' && basis !== undefined) return `${field} is not sealed, and has a legal basis`
  }
  const isSealing = policyFields.some((field) => forms[field] === 'sealed')
  if (isSealing && (custodians.length === 0 || custodians.length > maxCustodians))
    return `what is sealed is sealed to one to ${maxCustodians} custodians`
  if (!isSealing && custodians.length > 0) return 'nothing is sealed, so no custodian is named'
  if (new Set(custodians.map(({ name }) => name)).size < custodians.length)
    return 'a custodian is named twice'
  return undefined
}

/** Signs a policy's text with the custodian's root, whose other signatures begin with other words. */
export function signPolicy(text: string, root: KeyObject): SignedPolicy {
  return { text, signature: signBytes(root, Buffer.from(text)) }
}

/** What a policy says if the custodian's root signed it; `undefined` otherwise. */
export function openPolicy({ text, signature }: SignedPolicy, root: KeyObject): CollectionPolicy | undefined {
  const isSigned = verify(null, Buffer.from(text), root, Buffer.from(signature, 'base64url'))
  return isSigned ? decodePolicy(text) : undefined
}

/** SHA-256 of a policy's text, hex. */
export function policyHash(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
