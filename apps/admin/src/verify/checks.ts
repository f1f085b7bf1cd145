import { deriveEntry, isSameEntry, replayHistory, unionOf } from '@pcbs/core'
import { decodeLogEntry, emptyHead, nextHead } from '@pcbs/seal'
import {
  agreements,
  type CaseWithHistory,
  countHeldPhones,
  findDisagreements,
  getListHead,
  listChangesAfter,
  listHolds,
  listTold,
  networkChange,
  pageCases,
  pageEntries,
  type RegistryTransaction,
  type StoredEntry,
} from '@pcbs/store'
import type { VerifierKeys } from './keys.ts'

/** One thing that was held against another. */
export interface Finding {
  readonly name: string
  /** How much was looked at, in words; absent where only disagreements are counted. */
  readonly looked?: string
  /** What does not agree, in words without a token or an IMEI; a few of many. */
  readonly faults: readonly string[]
}

/** What is shown of many faults of one kind. */
const mostFaults = 10

/** Changes of the list that are hashed at a time. */
const pageChanges = 5000

/** Holds everything that must agree against each other, as it is at one moment. */
export async function* verifyRegistry(tx: RegistryTransaction, keys: VerifierKeys): AsyncIterable<Finding> {
  yield await verifyCases(tx)
  yield await verifyList(tx, keys)
  yield await verifyHead(tx, keys)
  for (const agreement of agreements(keys.calendar))
    yield { name: agreement.name, faults: await findDisagreements(tx, agreement, mostFaults) }
}

async function verifyCases(tx: RegistryTransaction): Promise<Finding> {
  const faults: string[] = []
  let cases = 0
  for await (const page of pageCases(tx)) {
    cases += page.length
    const told = await listTold(
      tx,
      page.map(({ id }) => id),
    )
    for (const each of page) {
      const contents = told.filter(({ subject }) => subject === each.id).map(({ content }) => content)
      const fault = findCaseFault(each, contents)
      if (fault && faults.length < mostFaults) faults.push(`case ${each.id}: ${fault}`)
    }
  }
  return { name: 'cases, their histories and the transparency log', looked: `${cases} cases`, faults }
}

function findCaseFault(
  { state, exceptions, isBlockDated, history }: CaseWithHistory,
  told: readonly string[],
): string | undefined {
  const replayed = replayHistory(history)
  if (typeof replayed === 'string') return replayed
  if (replayed.state !== state) return `it is ${state}, its history says ${replayed.state}`
  if (JSON.stringify(unionOf([exceptions])) !== JSON.stringify(replayed.exceptions))
    return 'its exceptions are not those of its history'
  if (replayed.wasBlocked !== isBlockDated) return 'its block has no date, or its date no block'
  const written = history.map(({ event, from, to, actor }) => [event, from, to, actor].join(' '))
  const logged = told.flatMap((content) => {
    const entry = decodeLogEntry(content)
    if (entry?.type !== 'case-event') return []
    const { event, from, to, actor } = entry.fields
    return [[event, from, to, actor].join(' ')]
  })
  return written.join('; ') === logged.join('; ') ? undefined : 'the log tells another history'
}

async function verifyList(tx: RegistryTransaction, keys: VerifierKeys): Promise<Finding> {
  const faults: string[] = []
  let entries = 0
  for await (const page of pageEntries(tx)) {
    entries += page.length
    const tokens = page.map(({ imei }) => keys.imeiToken(imei))
    const holds = await listHolds(tx, tokens)
    const byToken = Map.groupBy(holds, ({ imei }) => imei.toString('hex'))
    page.forEach((entry, place) => {
      const held = byToken.get(tokens[place]?.toString('hex') ?? '') ?? []
      const derived = deriveEntry(held.map(({ hold }) => hold))
      if (!isSaidBy(entry, derived) && faults.length < mostFaults)
        faults.push(`entry ${entries - page.length + place + 1} by IMEI: no case holds the phone so`)
    })
  }
  const held = await countHeldPhones(tx)
  if (held !== entries) faults.push(`cases hold ${held} phones, the list has ${entries}`)
  return { name: 'the list and the cases', looked: `${entries} phones`, faults }
}

/** An entry of before reasons travelled with the list has none. */
function isSaidBy(entry: StoredEntry, derived: ReturnType<typeof deriveEntry>): boolean {
  if (!derived) return false
  const exceptions = entry.exceptions.map((sim) => ({ ...sim, epoch: sim.epoch ?? 1 }))
  return isSameEntry(derived, { status: entry.status, reason: entry.reason ?? derived.reason, exceptions })
}

async function verifyHead(tx: RegistryTransaction, keys: VerifierKeys): Promise<Finding> {
  const faults: string[] = []
  let [seq, head]: [number, Buffer] = [0, emptyHead]
  for (;;) {
    const page = await listChangesAfter(tx, seq, pageChanges)
    for (const change of page) {
      if (change.seq !== seq + 1) faults.push(`sequence ${seq + 1} is missing`)
      head = nextHead(head, networkChange(change, keys.ownToken))
      if (!head.equals(change.head)) faults.push(`sequence ${change.seq} has another head than its changes`)
      if (faults.length >= mostFaults) break
      seq = change.seq
      head = change.head
    }
    if (page.length < pageChanges || faults.length >= mostFaults) break
  }
  const stored = await getListHead(tx)
  if (stored.seq !== seq || !stored.head.equals(head)) faults.push('the head is not that of the last change')
  return { name: 'the head and the changes', looked: `${seq} changes`, faults }
}
