import { officerIdForm } from '../officers/officer-id.ts'

/**
 * The forms that a field of an entry can have. None admits a number, an IMSI, an identity document or a name: seven
 * digits in a row stand only in times, hashes and the random ids of cases, and free text nowhere.
 */
const forms = {
  telco: /^[a-z](?!.*[0-9]{7})[a-z0-9-]{1,30}$/,
  /** `telco:code`, `officer:id` or `system`. */
  actor: new RegExp(`^(?:system|(?:telco|officer):${officerIdForm.source.slice(1, -1)})$`),
  case: /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/,
  word: /^[a-z](?:[a-z_-]{0,30}[a-z])?$/,
  count: /^(?:0|[1-9][0-9]{0,5})$/,
  sequence: /^#[1-9][0-9]{0,14}$/,
  hash: /^sha256:[0-9a-f]{64}$/,
  key: /^ed25519:[A-Za-z0-9_-]{43}$/,
} as const

/** A name of a form. */
type Form = keyof typeof forms

/** What the log tells, and which fields each telling has, in their order. */
const entryTypes = {
  'case-event': { case: 'case', event: 'word', from: 'word', to: 'word', actor: 'actor' },
  'case-read': { case: 'case', actor: 'actor' },
  'cases-listed': { actor: 'actor', count: 'count' },
  'list-change': { sequence: 'sequence', case: 'case', status: 'word' },
  'range-proposed': { range: 'case', status: 'word', actor: 'actor' },
  'range-approved': { range: 'case', sequence: 'sequence', status: 'word', actor: 'actor' },
  'hits-listed': { actor: 'actor', count: 'count' },
  'feed-closed': {
    telco: 'telco',
    kind: 'word',
    number: 'sequence',
    state: 'word',
    manifest: 'hash',
    actor: 'actor',
  },
  'officer-signed-in': { actor: 'actor', session: 'hash' },
  'telco-added': { telco: 'telco', key: 'key' },
  'telco-key-changed': { telco: 'telco', key: 'key' },
  'telco-suspended': { telco: 'telco' },
  'telco-readmitted': { telco: 'telco' },
  'token-keys-rotated': { epoch: 'count' },
  'policy-published': { version: 'sequence', policy: 'hash' },
  'opening-requested': { opening: 'case', case: 'case', purpose: 'word', request: 'hash', actor: 'actor' },
  'opening-approved': { opening: 'case', case: 'case', approval: 'hash', actor: 'actor' },
  /** Written before the custodians are asked, who release nothing without its place in the log. */
  'record-opened': {
    opening: 'case',
    case: 'case',
    request: 'hash',
    approval: 'hash',
    requester: 'actor',
    approver: 'actor',
  },
  'claim-checked': { check: 'case', telco: 'telco', request: 'hash', actor: 'actor' },
  'phones-looked-up': { lookup: 'case', telco: 'telco', outcome: 'word', actor: 'actor' },
  'record-erased': { telco: 'telco', record: 'hash', actor: 'actor' },
  'history-read': { telco: 'telco', cases: 'count', actor: 'actor' },
} as const satisfies Record<string, Readonly<Record<string, Form>>>

/** A key of {@link entryTypes}. */
export type LogEntryType = keyof typeof entryTypes

/** An entry's fields, each in its form. */
export type LogFields<Type extends LogEntryType> = {
  readonly [Field in keyof (typeof entryTypes)[Type]]: string
}

/** An entry as it was read. */
export type LogEntry = {
  readonly [Type in LogEntryType]: {
    readonly type: Type
    readonly at: string
    readonly fields: LogFields<Type>
  }
}[LogEntryType]

const heading = 'pcbs-log-entry-v1'
const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

/**
 * Writes an entry: ASCII lines ended by LF, the heading, type and time, then a line for each field.
 * @throws {TypeError} naming the field whose value is not in its form, and not the value
 */
export function encodeLogEntry<Type extends LogEntryType>(
  type: Type,
  atMs: number,
  fields: LogFields<Type>,
): string {
  const lines = [heading, `type ${type}`, `at ${new Date(atMs).toISOString()}`]
  for (const [field, form] of Object.entries(entryTypes[type]) as [keyof LogFields<Type> & string, Form][]) {
    const value: string = fields[field]
    if (!forms[form].test(value)) throw new TypeError(`${field} of a ${type} is not in the form of a ${form}`)
    lines.push(`${field} ${value}`)
  }
  return `${lines.join('\n')}\n`
}

/** Reads an entry; `undefined` for any text that {@link encodeLogEntry} does not write. */
export function decodeLogEntry(text: string): LogEntry | undefined {
  const [head, typeLine = '', atLine = '', ...rest] = text.split('\n')
  const [type, at] = [typeLine.slice('type '.length), atLine.slice('at '.length)]
  if (head !== heading || !Object.hasOwn(entryTypes, type) || !time.test(at)) return undefined
  const expected = Object.keys(entryTypes[type as LogEntryType])
  const fields = Object.fromEntries(
    expected.map((field, index) => [field, (rest[index] ?? '').slice(field.length + 1)]),
  )
  try {
    // Written anew it must be the same, so that nothing stands in it that has no form.
    const again = encodeLogEntry(type as LogEntryType, Date.parse(at), fields as never)
    return again === text ? ({ type, at, fields } as LogEntry) : undefined
  } catch {
    return undefined
  }
}
