/** What a feed was found to hold, counted while its rows were validated. */
export interface FeedCounts {
  readonly rowsIn: number
  readonly rejected: number
  readonly imeiRejects: number
  readonly imsiRejects: number
  readonly foreignImsis: number
  readonly foreignMsisdns: number
  /** IMEIs that lost a leading 0, or may have: see `parseFeedImei`. */
  readonly leadingZerosLost: number
  /** Rows whose IMEI is in the table of unblockable ones. */
  readonly unblockableImeis: number
  readonly datesOutsidePeriod: number
  /** Rows of the IMEI that most rows carry. */
  readonly rowsOnBusiestImei: number
  /** Mean rows of this telco's recent feeds of this kind and mode, or `undefined` for the first. */
  readonly recentAverageRows: number | undefined
}

/** One measure of a feed and the value from which an officer must look at it. */
interface Threshold {
  readonly measure: (counts: FeedCounts) => number
  readonly bound: 'at-most' | 'at-least'
  readonly limit: number
  readonly meaning: string
}

/** Of fewer rows a share says nothing: a day's delta may hold three rows, one of them bad. */
const shareFromRows = 100

const share = (part: number, whole: number) => (whole < shareFromRows ? 0 : part / whole)
const growth = ({ rowsIn, recentAverageRows }: FeedCounts) =>
  recentAverageRows ? rowsIn / recentAverageRows : 1

/** Limits that quarantine a feed, unless the regulator set others for the telco. Shares are 0 to 1. */
export const defaultThresholds = {
  rejectedShare: {
    measure: (c) => share(c.rejected, c.rowsIn),
    bound: 'at-most',
    limit: 0.05,
    meaning: 'rows rejected',
  },
  imeiRejectShare: {
    measure: (c) => share(c.imeiRejects, c.rowsIn),
    bound: 'at-most',
    limit: 0.05,
    meaning: 'IMEIs missing or malformed',
  },
  imsiRejectShare: {
    measure: (c) => share(c.imsiRejects, c.rowsIn),
    bound: 'at-most',
    limit: 0.05,
    meaning: 'IMSIs missing or malformed',
  },
  foreignImsiShare: {
    measure: (c) => share(c.foreignImsis, c.rowsIn),
    bound: 'at-most',
    limit: 0.1,
    meaning: 'IMSIs of other countries',
  },
  foreignMsisdnShare: {
    measure: (c) => share(c.foreignMsisdns, c.rowsIn),
    bound: 'at-most',
    limit: 0.1,
    meaning: 'numbers of other countries',
  },
  unblockableImeiShare: {
    measure: (c) => share(c.unblockableImeis, c.rowsIn),
    bound: 'at-most',
    limit: 0.1,
    meaning: 'IMEIs that many phones share, such as all zeros',
  },
  leadingZeroShare: {
    measure: (c) => share(c.leadingZerosLost, c.rowsIn),
    bound: 'at-most',
    limit: 0.5,
    meaning: 'IMEIs that lost a leading zero',
  },
  shrinkage: { measure: growth, bound: 'at-least', limit: 0.9, meaning: 'rows against the recent average' },
  growth: { measure: growth, bound: 'at-most', limit: 2, meaning: 'rows against the recent average' },
  busiestImei: {
    measure: (c) => c.rowsOnBusiestImei,
    bound: 'at-most',
    limit: 100_000,
    meaning: 'rows on one IMEI',
  },
  datesOutsidePeriod: {
    measure: (c) => c.datesOutsidePeriod,
    bound: 'at-most',
    limit: 0,
    meaning: 'dates outside the period',
  },
} as const satisfies Record<string, Threshold>

/** The name of a threshold. */
export type ThresholdName = keyof typeof defaultThresholds

/** A threshold that a feed is over, with what was measured. */
export interface Breach {
  readonly threshold: ThresholdName
  readonly measured: number
  readonly limit: number
}

/** Judges a feed: every threshold it breaches, none when it may be applied. */
export function judgeFeed(
  counts: FeedCounts,
  limits: Partial<Record<ThresholdName, number>> = {},
): readonly Breach[] {
  const names = Object.keys(defaultThresholds) as ThresholdName[]
  return names.flatMap((threshold) => {
    const { measure, bound, limit: usual } = defaultThresholds[threshold] as Threshold
    const limit = limits[threshold] ?? usual
    const measured = measure(counts)
    const isBreached = bound === 'at-most' ? measured > limit : measured < limit
    return isBreached ? [{ threshold, measured, limit }] : []
  })
}
