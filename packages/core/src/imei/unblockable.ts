import type { Imei14 } from './imei.ts'

/**
 * IMEIs that many phones carry at once. Blocking one would cut thousands of people off, so a case that
 * names one is refused and pointed to the clone policy. First match wins.
 */
export const unblockableImeis = [
  { code: 'all-zeros', pattern: /^0{14}$/, reason: 'Phones send zeros when their IMEI was erased.' },
  {
    code: 'shared-placeholder',
    pattern: /^00499901064000$/,
    reason: 'A chipset default found in many phones.',
  },
  { code: 'repeated-digit', pattern: /^(\d)\1{13}$/, reason: 'One digit repeated is a placeholder.' },
  {
    code: 'counting-up',
    pattern: /^(?:01234567890123|12345678901234)$/,
    reason: 'A typed-in counting sequence.',
  },
  {
    code: 'counting-down',
    pattern: /^(?:98765432109876|09876543210987)$/,
    reason: 'A typed-in counting sequence.',
  },
  { code: 'repeated-pair', pattern: /^(\d\d)\1{6}$/, reason: 'One pair repeated is a placeholder.' },
  { code: 'test-range', pattern: /^00/, reason: 'TACs starting 00 are for test phones (GSMA TS.06).' },
  {
    code: 'zero-serial',
    pattern: /0{6}$/,
    reason: 'A zero serial number is a TAC sent in place of an IMEI.',
  },
] as const satisfies readonly { code: string; pattern: RegExp; reason: string }[]

/** A row of {@link unblockableImeis}. */
export type Unblockable = (typeof unblockableImeis)[number]

/** Finds why this IMEI may never be blocked, or `undefined` if it may. */
export function findUnblockable(imei: Imei14): Unblockable | undefined {
  return unblockableImeis.find(({ pattern }) => pattern.test(imei))
}
