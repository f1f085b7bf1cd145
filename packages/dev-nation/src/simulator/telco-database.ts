import { once } from 'node:events'
import { type Client, escapeIdentifier } from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { withClient } from '../postgres/with-client.ts'
import { extraUsesOf, linesOf, type NationPlan } from './nation.ts'

/** A telco's own tables, as its billing and core network left them: text, dirt and all. */
const schema = `
  CREATE TABLE subscriber (msisdn text, national_id text, issuing_country text, ended_on date, PRIMARY KEY (msisdn));
  CREATE TABLE device_use (imei text, imsi text, msisdn text, first_seen date, last_seen date, rat text);
  CREATE TABLE simulated (plan jsonb)`

/**
 * Makes a telco's subscriber database and fills it from the simulation, unless it is there already.
 * @returns the database's URL and how many rows the simulation wrote
 */
export async function prepareTelcoDatabase(
  superuserUrl: string,
  telco: string,
  plan: NationPlan,
): Promise<{ url: string; rows: number }> {
  const name = telco.replaceAll('-', '_')
  await withClient(superuserUrl, async (client) => {
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [name])
    if (rowCount === 0) await client.query(`CREATE DATABASE ${escapeIdentifier(name)}`)
  })
  const url = new URL(superuserUrl)
  url.pathname = `/${name}`
  const rows = await withClient(url.href, (client) => fill(client, telco, plan))
  return { url: url.href, rows }
}

async function fill(client: Client, telco: string, plan: NationPlan): Promise<number> {
  const { rows: found } = await client.query("SELECT to_regclass('simulated') AS simulated")
  if (found[0]?.simulated) return 0
  await client.query('BEGIN')
  await client.query(schema)
  const subscribers = await copy(client, 'subscriber', subscriberRows(telco, plan))
  const uses = await copy(client, 'device_use', useRows(telco, plan))
  await client.query('CREATE INDEX ON device_use (msisdn, imei, imsi)')
  await client.query('INSERT INTO simulated VALUES ($1)', [plan])
  await client.query('COMMIT')
  await client.query('ANALYZE')
  return subscribers + uses
}

function* subscriberRows(telco: string, plan: NationPlan): IterableIterator<readonly (string | undefined)[]> {
  for (const { subscriber, endedOn } of linesOf(plan, telco))
    yield [subscriber.msisdn, subscriber.nationalId, subscriber.issuingCountry, endedOn]
}

function* useRows(telco: string, plan: NationPlan): IterableIterator<readonly (string | undefined)[]> {
  for (const { uses } of linesOf(plan, telco))
    for (const { imei, imsi, msisdn, firstSeen, lastSeen, rat } of uses)
      yield [imei, imsi, msisdn, firstSeen, lastSeen, rat]
  for (const { imei, imsi, msisdn, firstSeen, lastSeen, rat } of extraUsesOf(plan, telco))
    yield [imei, imsi, msisdn, firstSeen, lastSeen, rat]
}

const rowsPerChunk = 5000

async function copy(
  client: Client,
  table: string,
  rows: Iterable<readonly (string | undefined)[]>,
): Promise<number> {
  const stream = client.query(copyFrom(`COPY ${table} FROM STDIN`))
  let [count, chunk] = [0, '']
  for (const row of rows) {
    // No value of the simulation needs escaping.
    chunk += `${row.map((value) => value ?? '\\N').join('\t')}\n`
    count += 1
    if (count % rowsPerChunk !== 0) continue
    if (!stream.write(chunk)) await once(stream, 'drain')
    chunk = ''
  }
  stream.end(chunk)
  await once(stream, 'finish')
  return count
}
