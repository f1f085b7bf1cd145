/** How many people a block would touch: subscriptions that used each IMEI within the look-back. */
export interface BlastRadius {
  /** The largest number of distinct subscriptions on one IMEI of the case. */
  readonly subscriptionsPerImei: number
  /** Distinct subscriptions over all IMEIs of the case. */
  readonly subscriptions: number
}

/**
 * From how many subscriptions on one IMEI in the look-back a phone counts as cloned. Two to four are a
 * household passing a phone around, or one person's SIMs; more are several phones.
 */
export const cloneSetFrom = 5

/** Whether these uses look like several phones on one IMEI. */
export function isCloneSet({ subscriptionsPerImei }: BlastRadius, threshold: number = cloneSetFrom): boolean {
  return subscriptionsPerImei >= threshold
}
