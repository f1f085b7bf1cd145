import type { Kysely } from 'kysely'
import type { Database } from './schema.ts'

/** A collection policy as it was signed. */
export interface StoredPolicy {
  readonly version: number
  readonly text: string
  readonly signature: string
}

/** The policy in force, or `undefined` before the first is published. */
export async function findPolicy(db: Kysely<Database>): Promise<StoredPolicy | undefined> {
  const row = await db
    .selectFrom('collection_policy')
    .select(['version', 'content', 'signature'])
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row && { version: row.version, text: row.content, signature: row.signature }
}

/** Every policy that was ever in force, oldest first. */
export async function listPolicies(db: Kysely<Database>): Promise<readonly StoredPolicy[]> {
  const rows = await db
    .selectFrom('collection_policy')
    .select(['version', 'content', 'signature'])
    .orderBy('version')
    .execute()
  return rows.map(({ version, content, signature }) => ({ version, text: content, signature }))
}

/** Publishes the next policy. Needs the schema owner's connection. */
export async function insertPolicy(
  db: Kysely<Database>,
  { version, text, signature }: StoredPolicy,
): Promise<void> {
  await db.insertInto('collection_policy').values({ version, content: text, signature }).execute()
}
