import { type Day, dayAt, type HomeNetwork, parseTimeZone } from '@pcbs/core'

/** Whose numbers and SIMs are home ones in the simulated nation. */
export const simulatedHome = { country: 'MY', mccs: ['502'] } as const satisfies HomeNetwork

const zone = parseTimeZone('Asia/Kuala_Lumpur')

/** The simulated nation's day at this moment. */
export function todayInNation(): Day {
  if (!zone.ok) throw new Error('the time zone database has no Kuala Lumpur')
  return dayAt(Date.now(), zone.value)
}
