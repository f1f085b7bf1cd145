import type { RowFault } from '@pcbs/core'
import type { SealedField } from '@pcbs/seal'
import type { FeedKind, SourceRows } from '../feeds/source-rows.ts'

/** Separates the values of a row: no identifier holds a NUL, so one that does is rejected as malformed. */
const between = '\0'

/**
 * A source's row as one line of text: what its digest is taken over, and what workers are handed. Line breaks within
 * a value become spaces, which the parsers treat alike.
 * @param sealedFields what the policy has sealed: anything else of a person is left out here and goes no further
 */
export function rawText<Kind extends FeedKind>(
  kind: Kind,
  row: SourceRows[Kind],
  sealedFields: readonly SealedField[],
): string {
  const text = 'fault' in row ? `!\0${row.fault.field}\0${row.fault.code}` : fieldsOf(kind, row, sealedFields)
  return text.includes('\n') ? text.replaceAll('\n', ' ') : text
}

function fieldsOf(kind: FeedKind, row: object, sealedFields: readonly SealedField[]): string {
  if (kind === 'subscribers') {
    const subscriber = row as Partial<Readable['subscribers']>
    const names = [...subscriberFields, ...sealedFields]
    return names.map((name) => subscriber[name] ?? '').join(between)
  }
  const { imei, imsi, msisdn, firstSeen, lastSeen, rat } = row as Partial<Readable['pairings']>
  // A source without types may leave a field out or give null for it: that is a value that is missing, not its name.
  return `${imei ?? ''}\0${imsi ?? ''}\0${msisdn ?? ''}\0${firstSeen ?? ''}\0${lastSeen ?? ''}\0${rat ?? ''}`
}

/** What a subscription's text holds, in this order, before what is sealed. */
const subscriberFields = ['msisdn', 'nationalId', 'documentType', 'issuingCountry', 'nationality'] as const

type Readable = { [Kind in FeedKind]: Exclude<SourceRows[Kind], { readonly fault: RowFault }> }

/** The row of {@link rawText}'s text; one whose values hold the separator is unreadable. */
export function readRawText(
  kind: FeedKind,
  text: string,
  sealedFields: readonly SealedField[],
): SourceRows[FeedKind] {
  const fields = text.split(between)
  const [first = '', second = '', third = '', fourth = '', fifth = '', sixth = ''] = fields
  // Written by rawText from a fault: no row has as few fields, whatever its values are.
  if (first === '!' && fields.length === 3) return { fault: { field: second, code: third } as RowFault }
  const names = [...subscriberFields, ...sealedFields]
  if (fields.length !== (kind === 'subscribers' ? names.length : 6))
    return { fault: { field: 'row', code: 'column-count' } }
  if (kind === 'subscribers')
    return {
      msisdn: first,
      nationalId: second,
      documentType: third,
      issuingCountry: fourth,
      nationality: fifth,
      isActive: true,
      ...Object.fromEntries(
        sealedFields.map((field, place) => [field, fields[subscriberFields.length + place]]),
      ),
    }
  return { imei: first, imsi: second, msisdn: third, firstSeen: fourth, lastSeen: fifth, rat: sixth }
}
