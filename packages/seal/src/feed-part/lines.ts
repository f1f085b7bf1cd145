/**
 * A feed part is UTF-8 text, one row per line, fields joined by commas, no quoting: no field of the format
 * can hold a comma. The first field says what the row does:
 * `+` is in force, `-` has ended (deltas only), `!` was rejected at the telco: `!,field,code`.
 */
export type RowMark = '+' | '-' | '!'

/** A line of a `pairings` part: `mark,imei,imsi,subscription,firstSeen,lastSeen,origin,rat`. */
export interface PairingLine {
  readonly mark: '+' | '-'
  /** 14 to 16 digits. */
  readonly imei: string
  readonly imsiToken: string
  readonly subscriptionToken: string
  readonly firstSeen: string
  readonly lastSeen: string
  /** Whether the SIM is the home country's; the token does not tell. */
  readonly isHomeImsi: boolean
  readonly rat: string
}

/** A line of a `subscribers` part: `mark,subscription,ownerTag`, and `,sealed` where the policy has anything sealed. */
export interface SubscriberLine {
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
  const origin = line.isHomeImsi ? 'H' : 'F'
  return `${line.mark},${line.imei},${line.imsiToken},${line.subscriptionToken},${line.firstSeen},${line.lastSeen},${origin},${line.rat}\n`
}

/** Writes a subscription's line, with its newline. */
export function encodeSubscriberLine({ mark, subscriptionToken, ownerTag, sealed }: SubscriberLine): string {
  return `${mark},${subscriptionToken},${ownerTag}${sealed === undefined ? '' : `,${sealed}`}\n`
}

/** Writes a rejected row's line, with its newline. */
export function encodeRejectLine({ field, code }: RejectLine): string {
  return `!,${field},${code}\n`
}
