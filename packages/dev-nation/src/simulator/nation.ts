import { imeiOf } from './devices.ts'
import { createDice, type Dice } from './dice.ts'
import { homeMcc, type Network, networks, visitorNetworks } from './networks.ts'

/** What makes a nation: the same plan gives the same people, phones and rows, whatever is asked first. */
export interface NationPlan {
  readonly seed: number
  /** How many subscriptions there are, over all telcos. */
  readonly subscriptions: number
  /** Today, ISO. What people did is told relative to it. */
  readonly today: string
}

/** A subscription as its telco knows it. All of it is invented. */
export interface SimulatedSubscriber {
  readonly msisdn: string
  readonly nationalId: string
  /** For passports: who issued them, ISO 3166-1 alpha-3. */
  readonly issuingCountry: string | undefined
}

/** A use of a phone as its telco knows it, true or dirty. */
export interface SimulatedUse {
  readonly imei: string
  readonly imsi: string
  readonly msisdn: string
  readonly firstSeen: string
  readonly lastSeen: string
  readonly rat: string
  /** For dirty rows: what a registry must say of them. */
  readonly expected: { readonly field: string; readonly code: string } | undefined
}

/** Everything about one subscription. */
export interface SimulatedLine {
  readonly telco: string
  readonly subscriber: SimulatedSubscriber
  /** Uses of phones, the newest last. */
  readonly uses: readonly SimulatedUse[]
  /** The day it ended by moving to another telco or number; absent while it is in force. */
  readonly endedOn?: string
}

const streams = { line: 1, person: 2, extra: 3, former: 4 } as const

/** Every fifth subscription is the second SIM of the one before: same person, same phone, the other slot. */
const linesPerPerson = 5

/** Clone sets, by how many subscriptions use the one IMEI; each is there when it is at most a tenth of the nation. */
const cloneSizes = [2, 3, 4, 6, 12, 50, 200, 1000, 10_000]

/** The first subscription that can be in a clone set: those before it are clean, for stories to pick from. */
const firstCloneLine = 200

/** Place-of-birth codes of identity cards: the states, the most populous more often. */
const birthplaces = [
  '01',
  '02',
  '03',
  '04',
  '05',
  '06',
  '07',
  '08',
  '10',
  '10',
  '10',
  '11',
  '12',
  '13',
  '14',
  '14',
] as const

const rats = ['', '001', '006', '006|007', '104|006'] as const

/** One of the nation's subscriptions, from 0. */
export function lineAt(plan: NationPlan, index: number): SimulatedLine {
  const dice = createDice(plan.seed, streams.line, index)
  const isSecondSim = index % linesPerPerson === linesPerPerson - 1
  const network = pickNetwork(dice)
  const msisdn = msisdnAt(plan, index)
  const subscriber = { msisdn, ...documentOf(plan, isSecondSim ? index - 1 : index) }
  const use = (imei: string, from: number, to: number): SimulatedUse => ({
    imei: asSent(imei, dice),
    imsi: imsiAt(network, dice, index),
    msisdn,
    firstSeen: daysBefore(plan.today, from),
    lastSeen: daysBefore(plan.today, to),
    rat: dice.pick(rats),
    expected: undefined,
  })
  const own = imeiOf(isSecondSim ? index - 1 : index, isSecondSim ? 1 : 0)
  const imei = cloneImeiAt(plan, index) ?? own
  // One in ten changed phones within the look-back: the old one is still known as theirs.
  const hasOldPhone = dice.chance(0.1)
  const changedDaysAgo = 10 + dice.below(40)
  const lastDaysAgo = dice.below(Math.min(10, changedDaysAgo))
  const uses = [
    ...(hasOldPhone
      ? [use(imeiOf(15_000_000 + index, 0), changedDaysAgo + dice.below(25), changedDaysAgo)]
      : []),
    use(imei, hasOldPhone ? changedDaysAgo : 11 + dice.below(70), lastDaysAgo),
  ]
  return { telco: network.telco, subscriber, uses }
}

/**
 * What a subscription was before, for the one in twenty that changed lately: at another telco before its number
 * was ported, or under another number.
 */
export function formerLineAt(plan: NationPlan, index: number): SimulatedLine | undefined {
  const dice = createDice(plan.seed, streams.former, index)
  const isPorted = dice.chance(0.03)
  const isRenumbered = !isPorted && dice.chance(0.02)
  if (!isPorted && !isRenumbered) return undefined
  const line = lineAt(plan, index)
  const [first] = line.uses
  if (!first) return undefined
  const network = isPorted
    ? dice.pick(networks.filter(({ telco }) => telco !== line.telco))
    : (networks.find(({ telco }) => telco === line.telco) ?? networks[0])
  // Numbers of former lines lie beyond those of any nation's present ones.
  const msisdn = isPorted ? line.subscriber.msisdn : msisdnAt(plan, 60_000_000 + index)
  const endedDaysAgo = 60 + dice.below(25)
  const use = {
    ...first,
    msisdn,
    imsi: imsiAt(network, dice, 60_000_000 + index),
    firstSeen: daysBefore(plan.today, endedDaysAgo + 200),
    lastSeen: daysBefore(plan.today, endedDaysAgo),
  }
  return {
    telco: network.telco,
    subscriber: { ...line.subscriber, msisdn },
    uses: [use],
    endedOn: daysBefore(plan.today, endedDaysAgo),
  }
}

/** Every subscription that a telco has or had. */
export function* linesOf(plan: NationPlan, telco: string): IterableIterator<SimulatedLine> {
  for (let index = 0; index < plan.subscriptions; index++) {
    const line = lineAt(plan, index)
    if (line.telco === telco) yield line
    const former = formerLineAt(plan, index)
    if (former?.telco === telco) yield former
  }
}

/** What happens in a telco's tables beside its own customers: visitors, placeholders, and dirt. */
export function* extraUsesOf(plan: NationPlan, telco: string): IterableIterator<SimulatedUse> {
  const count = Math.ceil(plan.subscriptions / 100)
  for (let index = 0; index < count; index++) {
    const line = lineAt(plan, index * 7)
    const [first] = line.uses
    if (line.telco !== telco || !first) continue
    const dice = createDice(plan.seed, streams.extra, index)
    yield visitorUse(first, dice, index)
    yield { ...first, imei: dice.pick(['99999999999999', '00000000000000', '004999010640000']) }
    yield dirty(first, dice)
  }
}

/** Broken rows of kinds that real dumps hold, each with the right answer. */
const dirt: readonly {
  readonly change: Partial<SimulatedUse>
  readonly field: string
  readonly code: string
}[] = [
  { change: { imei: '' }, field: 'imei', code: 'imei-missing' },
  { change: { imei: '35209900##' }, field: 'imei', code: 'imei-not-digits' },
  { change: { imei: '1234567' }, field: 'imei', code: 'imei-length' },
  { change: { imsi: '' }, field: 'imsi', code: 'imsi-missing' },
  { change: { imsi: '50212345678901234567' }, field: 'imsi', code: 'imsi-length' },
  { change: { msisdn: '' }, field: 'msisdn', code: 'msisdn-missing' },
  { change: { msisdn: 'NULL' }, field: 'msisdn', code: 'msisdn-not-digits' },
  { change: { rat: '4G' }, field: 'rat', code: 'rat-format' },
]

function dirty(use: SimulatedUse, dice: Dice): SimulatedUse {
  const { change, field, code } = dice.pick(dirt)
  return { ...use, ...change, expected: { field, code } }
}

function visitorUse(like: SimulatedUse, dice: Dice, index: number): SimulatedUse {
  const { prefix, calling } = dice.pick(visitorNetworks)
  return {
    ...like,
    imei: imeiOf(29_000_000 + index, 0),
    imsi: prefix + String(index).padStart(10, '0'),
    msisdn: calling + String(1_000_000 + index),
  }
}

function pickNetwork(dice: Dice): Network {
  let at = dice.below(100)
  for (const network of networks) {
    if (at < network.share) return network
    at -= network.share
  }
  return networks[0]
}

/** Mobile prefixes after the country code; ten million numbers each. */
const prefixes = ['12', '13', '14', '16', '17', '18', '19'] as const
const numbers = prefixes.length * 10_000_000

/** The number of a subscription: each once, in no visible order. */
function msisdnAt({ seed }: NationPlan, index: number): string {
  // The multiplier shares no factor with the count of numbers, so no number comes twice.
  const place = Number((BigInt(index) * 39_916_801n + BigInt(seed)) % BigInt(numbers))
  const prefix = prefixes[Math.floor(place / 10_000_000)]
  return `60${prefix}${String(place % 10_000_000).padStart(7, '0')}`
}

function imsiAt({ brands }: Network, dice: Dice, index: number): string {
  let at = dice.below(100)
  const brand = brands.find(({ share }) => {
    at -= share
    return at < 0
  })
  const prefix = homeMcc + (brand?.mnc ?? brands[0]?.mnc)
  return prefix + String(index + 1).padStart(15 - prefix.length, '0')
}

function documentOf({ seed }: NationPlan, person: number): Omit<SimulatedSubscriber, 'msisdn'> {
  const dice = createDice(seed, streams.person, person)
  if (dice.chance(0.06)) {
    const issuingCountry = dice.pick(['IDN', 'BGD', 'NPL', 'SGP'])
    return { nationalId: `A${String(1_000_000 + person)}`, issuingCountry }
  }
  const two = (value: number) => String(value).padStart(2, '0')
  const born = `${two(50 + dice.below(50))}${two(1 + dice.below(12))}${two(1 + dice.below(28))}`
  const serial = String(dice.below(10_000)).padStart(4, '0')
  return { nationalId: `${born}-${dice.pick(birthplaces)}-${serial}`, issuingCountry: undefined }
}

/** The IMEI that a clone set shares, for subscriptions that are in one. */
function cloneImeiAt({ subscriptions }: NationPlan, index: number): string | undefined {
  let from = firstCloneLine
  for (const [number, size] of cloneSizes.entries()) {
    if (size > subscriptions / 10) return undefined
    if (index >= from && index < from + size) return imeiOf(28_000_000 + number, 0)
    from += size
  }
  return undefined
}

/** Networks send 14, 15 (check digit or spare 0) or 16 digits: one phone, many spellings. */
function asSent(imei: string, dice: Dice): string {
  return imei + dice.pick(['', '0', '01', '78'])
}

function daysBefore(today: string, days: number): string {
  return new Date(Date.parse(`${today}T00:00:00Z`) - days * 86_400_000).toISOString().slice(0, 10)
}
