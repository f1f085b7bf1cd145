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
    const subscriber = row as Readable['subscribers']
    const { msisdn, nationalId, issuingCountry = '' } = subscriber
    const sealed = sealedFields.map((field) => `${between}${subscriber[field] ?? ''}`)
    return `${msisdn}\0${nationalId}\0${issuingCountry}${sealed.join('')}`
  }
  const { imei, imsi, msisdn, firstSeen, lastSeen, rat = '' } = row as Readable['pairings']
  return `${imei}\0${imsi}\0${msisdn}\0${firstSeen}\0${lastSeen}\0${rat}`
}

type Readable = { [Kind in FeedKind]: Exclude<SourceRows[Kind], { readonly fault: RowFault }> }

/** The row of {@link rawText}'s text; one whose values hold the separator is unreadable. */
export function readRawText(
  kind: FeedKind,
  text: string,
  sealedFields: readonly SealedField[],
): SourceRows[FeedKind] {
  const fields = text.split(between)
  const [first = '', second = '', third = '', fourth = '', fifth = '', sixth = ''] = fields
  // Written by rawText from a fault.
  if (first === '!') return { fault: { field: second, code: third } as RowFault }
  if (fields.length !== (kind === 'subscribers' ? 3 + sealedFields.length : 6))
    return { fault: { field: 'row', code: 'column-count' } }
  if (kind === 'subscribers')
    return {
      msisdn: first,
      nationalId: second,
      isActive: true,
      ...(third && { issuingCountry: third }),
      ...Object.fromEntries(sealedFields.map((field, place) => [field, fields[3 + place]])),
    }
  return { imei: first, imsi: second, msisdn: third, firstSeen: fourth, lastSeen: fifth, rat: sixth }
}
