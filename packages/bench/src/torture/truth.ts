import type { KeyObject } from 'node:crypto'
import { simulatedHome } from '@pcbs/dev-nation'
import { checkSeries, describeFault, ProofArchive, RowEncoder, type TelcoKey } from '@pcbs/sdk'
import type { Client } from 'pg'

/** What can be compared of a telco's rows on both sides: how many, and a sum over their days or tags. */
export interface Tally {
  readonly subscribers: string
  readonly pairings: string
}

/** What a registry that lost nothing and doubled nothing would have of these tables. */
export async function tallySource(
  source: Client,
  key: TelcoKey,
  period: { readonly from: string; readonly to: string },
): Promise<Tally> {
  const encoder = new RowEncoder(simulatedHome, key)
  const subscribers = new Map<string, number>()
  const { rows: people } = await source.query<Record<string, string>>(
    'SELECT msisdn, national_id, issuing_country FROM subscriber WHERE ended_on IS NULL',
  )
  for (const { msisdn = '', national_id: nationalId = '', issuing_country: issuingCountry } of people) {
    const { line, fault } = encoder.subscribers({
      msisdn,
      nationalId,
      isActive: true,
      ...(issuingCountry && { issuingCountry }),
    })
    const [, subscription = '', tag = ''] = line.trimEnd().split(',')
    // The tag is a number; a finding of how the phone number was read may follow it as a letter.
    if (!fault) subscribers.set(subscription, Number.parseInt(tag, 10))
  }
  const pairings = new Map<string, string>()
  const { rows: uses } = await source.query<Record<string, string>>(
    `SELECT imei, imsi, msisdn, first_seen::text AS first, last_seen::text AS last, rat FROM device_use
     WHERE last_seen BETWEEN $1 AND $2`,
    [period.from, period.to],
  )
  for (const { imei = '', imsi = '', msisdn = '', first = '', last = '', rat = '' } of uses) {
    const { line, fault } = encoder.pairings({ imei, imsi, msisdn, firstSeen: first, lastSeen: last, rat })
    if (fault) continue
    const identity = line.split(',').slice(1, 4).join(',')
    const known = pairings.get(identity) ?? ''
    pairings.set(identity, known > last ? known : last)
  }
  return {
    subscribers: describe(subscribers.size, sum(subscribers.values())),
    pairings: describe(pairings.size, sum([...pairings.values()].map(dayNumber))),
  }
}

/** What the registry has, as one statement sees it. */
export async function tallyRegistry(registry: Client): Promise<Tally> {
  const { rows } = await registry.query<Record<string, string>>(`
    SELECT (SELECT count(*) || '/' || coalesce(sum(owner_tag), 0) FROM subscriber) AS subscribers,
           (SELECT count(*) || '/' || coalesce(sum(last_seen - date '2000-01-01'), 0) FROM pairing) AS pairings`)
  const [row] = rows
  return { subscribers: row?.subscribers ?? '', pairings: row?.pairings ?? '' }
}

/** Whether both sides hold the same receipts, and a telco's prove what they say. */
export async function findReceiptFault(
  registry: Client,
  { stateFolder, root }: { readonly stateFolder: string; readonly root: KeyObject },
): Promise<string | undefined> {
  const archive = new ProofArchive(stateFolder, root)
  for (const kind of ['subscribers', 'pairings'] as const) {
    const proofs = await archive.read(kind)
    const unproven = checkSeries(proofs, { root }).find(({ fault }) => fault !== undefined)
    if (unproven?.fault) return `a receipt of ${kind} does not verify: ${describeFault(unproven.fault)}`
    const { rows } = await registry.query<{ signature: string }>(
      "SELECT receipt->>'signature' AS signature FROM feed WHERE kind = $1 AND receipt IS NOT NULL ORDER BY number",
      [kind],
    )
    const own = proofs.map(({ receipt }) => receipt.signature)
    if (rows.map(({ signature }) => signature).join() !== own.join())
      return `the registry has ${rows.length} receipts of ${kind}, the telco ${own.length}, and they are not the same`
  }
  return undefined
}

function describe(count: number, total: number): string {
  return `${count}/${total}`
}

function sum(values: Iterable<number>): number {
  let total = 0
  for (const value of values) total += value
  return total
}

function dayNumber(day: string): number {
  return (Date.parse(`${day}T00:00:00Z`) - Date.UTC(2000, 0, 1)) / 86_400_000
}
