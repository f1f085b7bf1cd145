/** What decides whether a block is provisional. Times are epoch milliseconds. */
export interface ProvisionalFacts {
  readonly blockedAtMs: number
  readonly hasPoliceReport: boolean
}

/** How long a block stands without a police report, unless the regulator sets another time: 14 days. */
export const provisionalPeriodMs = 14 * 24 * 60 * 60 * 1000

/** When a block ends by itself, or `undefined` where a police report made it lasting. */
export function provisionalUntil(
  { blockedAtMs, hasPoliceReport }: ProvisionalFacts,
  periodMs: number,
): number | undefined {
  return hasPoliceReport ? undefined : blockedAtMs + periodMs
}
