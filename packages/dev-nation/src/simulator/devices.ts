/** A phone model: its TAC and how many of every thousand phones it is. */
interface Model {
  readonly tac: string
  readonly perThousand: number
}

/** Reporting bodies whose TACs are common: 35 is the BABT's, 86 the TAF's. */
const bodies = ['35', '86'] as const

/** Made-up models, a few of them everywhere and many of them rare. TACs are plausible, and no maker's. */
const models: readonly Model[] = Array.from({ length: 160 }, (_, rank) => ({
  tac: `${bodies[rank % 2]}${String(209_900 + rank * 37).padStart(6, '0')}`,
  perThousand: Math.max(3, Math.floor(16 - rank / 8)),
}))

/** Which model each of a thousand phones is, and the how-manieth of that model it is. */
const slots = models
  .flatMap(({ tac, perThousand }) => Array.from({ length: perThousand }, (_, place) => ({ tac, place })))
  .slice(0, 1000)

/** Serial numbers that one slot may use: a model of 16 slots then stays below the million that an SNR has. */
const serialsPerSlot = 60_000

/**
 * The IMEI (14 digits) of a SIM slot of a phone. No two phones share one; the slots of a phone follow each other.
 * @param phone number of the phone, below 30 million
 */
export function imeiOf(phone: number, slot: 0 | 1): string {
  const model = slots[phone % slots.length]
  if (!model) throw new RangeError('a phone has a number')
  const serial = 1 + model.place * serialsPerSlot + Math.floor(phone / slots.length) * 2 + slot
  return model.tac + String(serial).padStart(6, '0')
}
