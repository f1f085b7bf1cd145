import { Client, escapeIdentifier } from 'pg'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { columns, listMigrations, migrate } from '../src/index.ts'

const name = `store_migrations_${process.pid}`
const superuserUrl = inject('postgresUrl')
const url = Object.assign(new URL(superuserUrl), { pathname: `/${name}` }).href

async function query<Row extends object>(text: string, at: string = url): Promise<Row[]> {
  const client = new Client({ connectionString: at })
  await client.connect()
  try {
    return (await client.query<Row>(text)).rows
  } finally {
    await client.end()
  }
}

beforeAll(async () => {
  await query(`CREATE DATABASE ${escapeIdentifier(name)}`, superuserUrl)
})

afterAll(async () => {
  await query(`DROP DATABASE ${escapeIdentifier(name)} WITH (FORCE)`, superuserUrl)
})

describe('migrations', () => {
  test('bring an empty database up to date, and a filled one is left as it is', async () => {
    const applied = await migrate(url)
    expect(applied.length).toBeGreaterThan(0)
    await query("SELECT add_telco('telco-a', 'Telco A')")
    await query("INSERT INTO subscriber VALUES (1, '00010203-0405-0607-0809-0a0b0c0d0e0f', 7)")
    expect(await migrate(url)).toEqual([])
    expect(await query('SELECT owner_tag FROM subscriber')).toEqual([{ owner_tag: 7 }])
    expect((await listMigrations(url)).every(({ isApplied }) => isApplied)).toBe(true)
  })

  test('leave exactly the columns that the types name', async () => {
    const rows = await query<{ table_name: keyof typeof columns; names: string[] }>(
      `SELECT c.table_name, array_agg(c.column_name::text ORDER BY c.ordinal_position) AS names
       FROM information_schema.columns c JOIN pg_class p ON p.oid = format('public.%I', c.table_name)::regclass
       WHERE c.table_schema = 'public' AND NOT p.relispartition AND c.table_name <> 'schema_migration'
       GROUP BY 1`,
    )
    expect(Object.fromEntries(rows.map(({ table_name, names }) => [table_name, names]))).toEqual(columns)
  })

  test('guard every table that holds a token by forced row-level security', async () => {
    const rows = await query<{ relname: string }>(
      `SELECT DISTINCT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
       WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
         AND a.atttypid = 'uuid'::regtype AND NOT (c.relrowsecurity AND c.relforcerowsecurity)`,
    )
    expect(rows).toEqual([])
  })

  test('what runs as the owner is not to be led to a caller’s temporary table', async () => {
    const rows = await query<{ proname: string }>(
      `SELECT proname FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace
         AND NOT coalesce('search_path=public, pg_temp' = ANY (proconfig), false)`,
    )
    expect(rows).toEqual([])
    await expect(
      query('SET ROLE pcbs_ingest; CREATE TEMP TABLE subscriber (telco_id smallint)'),
    ).rejects.toThrow('permission denied')
  })

  test('what is sealed is read by no role, but for one row through a function', async () => {
    const rows = await query<{ grantee: string; privilege_type: string }>(
      `SELECT grantee, privilege_type FROM information_schema.column_privileges
       WHERE table_name = 'subscriber' AND column_name = 'sealed' AND grantee LIKE 'pcbs_%'`,
    )
    expect(rows).toEqual([])
    await expect(query('SET ROLE pcbs_api; SELECT sealed FROM subscriber')).rejects.toThrow(
      'permission denied',
    )
    await expect(query('SET ROLE pcbs_ingest; SELECT * FROM subscriber')).rejects.toThrow('permission denied')
    await expect(
      query('SET ROLE pcbs_ingest; SELECT sealed_record(1::smallint, gen_random_uuid())'),
    ).rejects.toThrow('permission denied')
    await query('SET ROLE pcbs_api; SELECT sealed_record(1::smallint, gen_random_uuid())')
  })

  test('case history cannot be rewritten, even by the owner', async () => {
    await expect(query('UPDATE case_event SET actor = NULL')).rejects.toThrow('append-only')
    await expect(query('DELETE FROM list_change')).rejects.toThrow('append-only')
    await expect(query('TRUNCATE case_event')).rejects.toThrow('append-only')
  })
})
