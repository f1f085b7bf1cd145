import type { Imei14 } from './imei.ts'

/** IMEIs that many phones carry at once, why, and who says so. */
interface UnblockableRow {
  readonly code: string
  readonly pattern: RegExp
  readonly reason: string
  /** Where the value or its kind is known from. */
  readonly source: string
}

// Services that told phones apart by their IMEIs met these values on many phones at once, and wrote them down.
const oneSignal = 'OneSignal-Android-SDK, AdvertisingIdProviderFallback.java, INVALID_PHONE_IDS'
const tapjoy = 'Tapjoy, BANNED_UDIDS and IGNORED_UDIDS'
const androidApps = 'Android apps’ getIMEI, list of “numbers known to repeat” (已知的会重复的号码)'
const jpush = 'JPush Android SDK, list of invalid IMEIs'

/** Values without a pattern, by who met them: the identity's 14 digits each. */
const sharedValues = {
  chipset: ['00499901064000'],
  countingUp: ['01234567890123', '01234567891234', '12345678901234', '12345678912345'],
  countingDown: ['98765432109876', '09876543210987'],
  countingByTwo: ['13579024681122'],
  emulator: ['35824005111111'],
  oneSignal: [
    '35200504824725',
    '86228001059952',
    '88508850885050',
    '52443443484950',
    '35519500000001',
    '35867301379589',
    '35569254769308',
    '85525027175943',
    '11345679894545',
    '01237900077288',
    '35870104290975',
    '35800004365413',
    '34563000000011',
    '35629904658776',
    '35659100000022',
  ],
  tapjoy: ['35186905857742', '35227301738634', '35275101952326', '35707000317896'],
  androidApps: ['35386705218192', '35316305668159', '35362705543776'],
} as const

/**
 * IMEIs that many phones carry at once. Blocking one would cut thousands of people off, so a case that
 * names one is refused and pointed to the clone policy; in a feed such a row is counted, and it is evidence of nothing.
 * First match wins. Values are the identity's 14 digits: whatever check digit or software version followed them.
 */
export const unblockableImeis = [
  {
    code: 'all-zeros',
    pattern: /^0{14}$/,
    reason: 'Phones send zeros when their IMEI was erased.',
    source: `${oneSignal}; Government of India’s order of 2009 to refuse phones with “all zeros as IMEI”`,
  },
  {
    code: 'shared-placeholder',
    pattern: oneOf(sharedValues.chipset),
    reason: 'A chipset default found in many phones.',
    source: `${oneSignal}; ${tapjoy}; ${jpush}`,
  },
  {
    code: 'repeated-digit',
    pattern: /^(\d)\1{13}$/,
    reason: 'One digit repeated is a placeholder.',
    source: `${oneSignal} (111111111111111, 111111111111119)`,
  },
  {
    code: 'counting-up',
    pattern: oneOf(sharedValues.countingUp),
    reason: 'A typed-in counting sequence.',
    source: `${oneSignal} (012345678901237, 012345678912345); ${tapjoy} (012345678901234, 123456789012345)`,
  },
  {
    code: 'counting-down',
    pattern: oneOf(sharedValues.countingDown),
    reason: 'A typed-in counting sequence.',
    source: 'The counting sequences of counting-up, read backwards',
  },
  {
    code: 'counting-by-two',
    pattern: oneOf(sharedValues.countingByTwo),
    reason: 'Odd digits, then even ones: a tracker maker’s example that was left in devices.',
    source: 'Queclink GL200 @Track protocol, example 135790246811220',
  },
  {
    code: 'repeated-pair',
    pattern: /^(\d\d)\1{6}$/,
    reason: 'One pair repeated is a placeholder.',
    source: 'The repeated digits of repeated-digit, typed two at a time',
  },
  {
    code: 'emulator',
    pattern: oneOf(sharedValues.emulator),
    reason: 'The IMEI that every Android emulator has.',
    source: 'Android Open Source Project, emulator’s modem (android_modem.c), 358240051111110',
  },
  {
    code: 'shared-firmware',
    pattern: oneOf(sharedValues.oneSignal),
    reason: 'One IMEI that many phones were given.',
    source: oneSignal,
  },
  {
    code: 'shared-firmware',
    pattern: oneOf(sharedValues.tapjoy),
    reason: 'One IMEI that many phones were given.',
    source: tapjoy,
  },
  {
    code: 'shared-firmware',
    pattern: oneOf(sharedValues.androidApps),
    reason: 'One IMEI that many phones were given.',
    source: androidApps,
  },
  {
    code: 'test-range',
    pattern: /^0[02-9]/,
    reason: 'TACs starting 00, or 02 to 09, are for test phones.',
    source: 'GSMA TS.06, IMEI Allocation and Approval Process, annex A, reporting body identifiers',
  },
  {
    code: 'zero-serial',
    pattern: /0{6}$/,
    reason: 'A zero serial number is a TAC sent in place of an IMEI.',
    source: 'TS 23.003 §6.2.1: the six digits behind the TAC are the phone’s own',
  },
] as const satisfies readonly UnblockableRow[]

/** What a decision needs of a row of {@link unblockableImeis}. */
export type Unblockable = Omit<(typeof unblockableImeis)[number], 'source'>

/** Finds why this IMEI may never be blocked, or `undefined` if it may. */
export function findUnblockable(imei: Imei14): Unblockable | undefined {
  return unblockableImeis.find(({ pattern }) => pattern.test(imei))
}

const tacsOfSharedValues: ReadonlySet<number> = new Set(
  Object.values(sharedValues)
    .flat()
    .map((value) => Number(value.slice(0, 8))),
)

/**
 * Whether {@link findUnblockable} could find anything, told from the TAC and the serial number as integers: for readers of
 * a hundred million rows, which make a text of the few alone that this lets through.
 */
export function mayBeUnblockable(tac: number, serial: number): boolean {
  const isTestTac = tac < 10_000_000 && Math.floor(tac / 1_000_000) !== 1
  // 1,010,101 times a pair of digits is that pair four times.
  return serial === 0 || isTestTac || tac % 1_010_101 === 0 || tacsOfSharedValues.has(tac)
}

function oneOf(values: readonly string[]): RegExp {
  return new RegExp(`^(?:${values.join('|')})$`)
}
