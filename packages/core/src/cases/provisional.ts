import { dayAt, endOfDay, type TimeZone } from '../days/nation-days.ts'

/** What decides whether a block is provisional. Times are epoch milliseconds. */
export interface ProvisionalFacts {
  readonly blockedAtMs: number
  readonly hasPoliceReport: boolean
}

/** How long a block stands without a police report. */
export interface ProvisionalRule {
  readonly periodMs: number
  readonly timeZone: TimeZone
}

const dayMs = 24 * 60 * 60 * 1000

/** How long a block stands without a police report, unless the regulator sets another time: 14 days. */
export const provisionalPeriodMs = 14 * dayMs

/**
 * When a block ends by itself, or `undefined` where a police report made it lasting. Who is told "until the ninth" has all
 * of the ninth, in the nation's time: a period of days ends with a day, a shorter one to the millisecond.
 */
export function provisionalUntil(
  { blockedAtMs, hasPoliceReport }: ProvisionalFacts,
  { periodMs, timeZone }: ProvisionalRule,
): number | undefined {
  if (hasPoliceReport) return undefined
  const endMs = blockedAtMs + periodMs
  return periodMs < dayMs ? endMs : endOfDay(dayAt(endMs, timeZone), timeZone)
}
