/**
 * A feed part is UTF-8 text, one row per line, fields joined by commas, no quoting: no field of the format
 * can hold a comma. The first field says what the row does:
 * `+` is in force, `-` has ended (deltas only), `!` was rejected at the telco: `!,field,code`.
 */
export type RowMark = '+' | '-' | '!'

/**
 * What the telco found in a row's values before it made tokens of them, as letters, since the tokens do not tell.
 *
 * The letters grew: a first version wrote the SIM's alone, and subscribers had none. A row of that version is still
 * taken; of its number the registry then knows nothing, and counts it as none of another country.
 */
interface Findings {
  /** Whether the number is the home country's; left out in rows of the first version. */
  readonly isHomeMsisdn?: boolean | undefined
}

/** A line of a `pairings` part: `mark,imei,imsi,subscription,firstSeen,lastSeen,findings,rat`. */
export interface PairingLine extends Findings {
  readonly mark: '+' | '-'
  /** 14 to 16 digits. */
  readonly imei: string
  readonly imsiToken: string
  readonly subscriptionToken: string
  readonly firstSeen: string
  readonly lastSeen: string
  /** Whether the SIM is the home country's. */
  readonly isHomeImsi: boolean
  /** Whether the IMEI may have lost a leading zero at the telco. */
  readonly mayLackZero?: boolean
  readonly rat: string
}

/**
 * A line of a `subscribers` part: `mark,subscription,ownerTag`, the finding behind the tag, and `,sealed` where the policy
 * has anything sealed.
 */
export interface SubscriberLine extends Findings {
  readonly mark: '+' | '-'
  readonly subscriptionToken: string
  readonly ownerTag: number
  /** The sealed record, base64url; empty where the telco knows none of what is sealed, absent where nothing is sealed. */
  readonly sealed?: string | undefined
}

/** A row that the telco could not send, by field and code; it counts as a rejected row of the feed. */
export interface RejectLine {
  readonly field: string
  readonly code: string
}

/** Number of fields of each kind's lines, the mark included and a sealed record left out. */
export const lineFields = { pairings: 8, subscribers: 3 } as const

/** Writes a pairing's line, with its newline. */
export function encodePairingLine(line: PairingLine): string {
  const findings = `${line.isHomeImsi ? 'H' : 'F'}${numberLetter(line)}${line.mayLackZero ? 'Z' : ''}`
  return `${line.mark},${line.imei},${line.imsiToken},${line.subscriptionToken},${line.firstSeen},${line.lastSeen},${findings},${line.rat}\n`
}

/** Writes a subscription's line, with its newline. */
export function encodeSubscriberLine(line: SubscriberLine): string {
  const { mark, subscriptionToken, ownerTag, sealed } = line
  return `${mark},${subscriptionToken},${ownerTag}${numberLetter(line)}${sealed === undefined ? '' : `,${sealed}`}\n`
}

function numberLetter({ isHomeMsisdn }: Findings): '' | 'H' | 'F' {
  if (isHomeMsisdn === undefined) return ''
  return isHomeMsisdn ? 'H' : 'F'
}

/** Writes a rejected row's line, with its newline. */
export function encodeRejectLine({ field, code }: RejectLine): string {
  return `!,${field},${code}\n`
}
