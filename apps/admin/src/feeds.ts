import type { Schemas } from '@pcbs/contract'
import { connectOfficer, expectAnswer } from './api.ts'
import { type Command, type CommandInput, UsageError } from './command.ts'

type Feed = Schemas['Feed']

const kinds = ['subscribers', 'pairings'] as const
const states = ['open', 'applied', 'quarantined', 'refused'] as const

/** Feeds that are shown at most. */
const listed = 50

/** `pcbs feeds list` */
export const listFeeds: Command = async ({ options, terminal }) => {
  const { telco } = options
  const kind = options.kind === undefined ? undefined : readKind(options.kind)
  const state = options.state === undefined ? undefined : readState(options.state)
  const query = { limit: listed, ...(telco && { telco }), ...(kind && { kind }), ...(state && { state }) }
  const api = await connectOfficer(terminal)
  const { items } = expectAnswer(await api.GET('/v1/feeds', { params: { query } }))
  terminal.print(items.length === 0 ? 'No feeds.' : items.map(describe).join('\n'))
  if (items.length === listed) terminal.complain(`The newest ${listed}: narrow them by telco, kind or state.`)
}

/** `pcbs feeds show TELCO KIND NUMBER` */
export const showFeed: Command = async (input) => {
  const { telco, path } = readName(input)
  const { terminal } = input
  const api = await connectOfficer(terminal)
  const params = { path, query: { telco } }
  const feed = expectAnswer(await api.GET('/v1/feeds/{kind}/{number}', { params }))
  terminal.print(describe(feed))
  terminal.print(
    `  period ${feed.periodFrom} to ${feed.periodTo}, parts received: ${feed.partsReceived.length}`,
  )
  for (const [code, count] of Object.entries(feed.rejectsByCode))
    terminal.print(`  rejected ${code}: ${count}`)
  for (const [name, count] of Object.entries(feed.counts)) terminal.print(`  counted ${name}: ${count}`)
  for (const { meaning, measured, limit } of feed.breaches)
    terminal.print(
      `  held for ${meaning}: ${asFigure(measured)}, ${measured < limit ? 'at least' : 'at most'} ${asFigure(limit)}`,
    )
  if (feed.state !== 'quarantined') return
  const held = expectAnswer(await api.GET('/v1/feeds/{kind}/{number}/inspection', { params }))
  terminal.print(`  waiting: ${held.rows} rows, ${held.ended} of them endings`)
  for (const { day, rows } of held.days) terminal.print(`  last used ${day}: ${rows}`)
  for (const { tac, share } of held.tacs.slice(0, 10))
    terminal.print(`  model ${tac}: ${(100 * share).toFixed(1)} %`)
}

/** `pcbs feeds accept TELCO KIND NUMBER` */
export const acceptFeed: Command = (input) => decide(input, 'accept')

/** `pcbs feeds refuse TELCO KIND NUMBER` */
export const refuseFeed: Command = (input) => decide(input, 'refuse')

async function decide(input: CommandInput, decision: 'accept' | 'refuse'): Promise<void> {
  const { telco, path } = readName(input)
  const api = await connectOfficer(input.terminal)
  const answer = await api.POST('/v1/feeds/{kind}/{number}/decision', {
    params: { path },
    body: { telco, decision },
  })
  input.terminal.print(describe(expectAnswer(answer)))
}

function describe({ telco, kind, number, mode, state, rowsIn, accepted, rejected, openedAt }: Feed): string {
  return `${telco} ${kind} ${number}: ${mode}, ${state}, ${rowsIn} rows, ${accepted} accepted, ${rejected} rejected, opened ${openedAt}`
}

function readName({ words }: CommandInput): {
  readonly telco: string
  readonly path: { readonly kind: (typeof kinds)[number]; readonly number: number }
} {
  const [telco, kind = '', text = ''] = words
  const number = Number(text)
  if (!telco || !Number.isSafeInteger(number) || number < 1)
    throw new UsageError('Name the feed by telco, kind and number.')
  return { telco, path: { kind: readKind(kind), number } }
}

/** Shares and ratios to two digits that count, counts whole. */
function asFigure(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(2)))
}

function readOneOf<Value extends string>(known: readonly Value[], text: string, remedy: string): Value {
  const value = known.find((each) => each === text)
  if (value === undefined) throw new UsageError(remedy)
  return value
}

function readState(text: string): (typeof states)[number] {
  return readOneOf(states, text, `A feed’s state is ${states.join(', ')}.`)
}

function readKind(text: string): (typeof kinds)[number] {
  return readOneOf(kinds, text, `A kind of feed is ${kinds.join(' or ')}.`)
}
