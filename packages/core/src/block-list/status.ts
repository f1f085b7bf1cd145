/** What a network does with a phone, in TS 29.511's neutral words. Absence from the list is `PERMITTED`. */
export type EquipmentStatus = 'PERMITTED' | 'TRACKING' | 'PROHIBITED'

/** The same three on 3GPP interfaces (TS 29.511 §6.1.6.3.3). */
export const equipmentStatus3gpp = {
  PERMITTED: 'WHITELISTED',
  TRACKING: 'GREYLISTED',
  PROHIBITED: 'BLACKLISTED',
} as const satisfies Record<EquipmentStatus, string>
