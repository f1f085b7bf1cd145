/** Something that is tried again and again and has not worked since a moment. */
export interface Outage {
  /** When it failed first, in milliseconds of any clock that does not run backwards. */
  readonly sinceMs: number
  /** How often it has failed. */
  readonly failures: number
  /** When it was told of last, and how long it is not told of after that. */
  readonly toldMs: number
  readonly pauseMs: number
}

const firstPauseMs = 60_000
const longestPauseMs = 60 * 60_000

/**
 * Counts a failure, and says whether it is time to tell of it: at once, then a minute later, then after two, four, … minutes,
 * and at last every hour. Whoever reads the lines learns of every outage, and an outage does not fill a disk with lines.
 * @param outage what this gave at the failure before; `undefined` where it worked then
 */
export function noteFailure(
  outage: Outage | undefined,
  nowMs: number,
): { readonly outage: Outage; readonly isDue: boolean } {
  if (!outage)
    return { outage: { sinceMs: nowMs, failures: 1, toldMs: nowMs, pauseMs: firstPauseMs }, isDue: true }
  const failures = outage.failures + 1
  if (nowMs - outage.toldMs < outage.pauseMs) return { outage: { ...outage, failures }, isDue: false }
  const pauseMs = Math.min(longestPauseMs, outage.pauseMs * 2)
  return { outage: { ...outage, failures, toldMs: nowMs, pauseMs }, isDue: true }
}
