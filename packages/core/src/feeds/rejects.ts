import { imeiRemedies } from '../imei/imei.ts'
import { imsiRemedies } from '../subscriber/imsi.ts'
import { msisdnRemedies } from '../subscriber/msisdn.ts'
import { nationalIdRemedies } from '../subscriber/national-id.ts'

/** Every code with which a feed's row can be rejected, and what the telco does about it. */
export const rejectRemedies = {
  ...imeiRemedies,
  ...imsiRemedies,
  ...msisdnRemedies,
  ...nationalIdRemedies,
  'day-missing': 'Send the day of use.',
  'day-format': 'Send an existing day as YYYY-MM-DD or YYYYMMDD.',
  'day-order': 'The last use cannot lie before the first.',
  'day-outside-period': 'The day lies outside the feed’s period: send it in the feed of its own period.',
  'rat-format': 'Send up to seven 3GPP RAT types as three-digit codes joined by |, or leave the field empty.',
  'token-format':
    'This field must be a token of its kind: make it with the adapter kit, never send a plain value.',
  'owner-tag-format': 'The owner tag is a whole number from 0 to 1023.',
  'sealed-length':
    'Name and address together are longer than a sealed record: shorten them to 310 bytes of UTF-8.',
  'sealed-format':
    'This field must be a record sealed by the adapter kit under the policy in force, or empty.',
  'status-format': 'The status is active or ended.',
  'column-count': 'The row has more or fewer fields than the format: compare it with the documentation.',
  'header-unusable': 'The first line must name the columns date, imei, imsi and msisdn, each once.',
  'row-duplicate': 'The same row stands earlier in this feed.',
} as const

/** A key of {@link rejectRemedies}. */
export type RejectCode = keyof typeof rejectRemedies

/** The fields of a feed's row, as rejects name them. */
export type RowField =
  | 'imei'
  | 'imsi'
  | 'msisdn'
  | 'subscription'
  | 'nationalId'
  | 'ownerTag'
  | 'sealed'
  | 'status'
  | 'date'
  | 'firstSeen'
  | 'lastSeen'
  | 'rat'
  | 'row'
  | 'header'
