/**
 * Why an IMEI is blocked, in the words of GSMA's device registry, each with what the public may be told.
 */
export const blockReasons = {
  lost: 'Its owner lost it.',
  stolen: 'It was stolen.',
  faulty: 'It harms the network.',
  fraud: 'It was obtained by fraud.',
} as const

/** A key of {@link blockReasons}. */
export type BlockReason = keyof typeof blockReasons
