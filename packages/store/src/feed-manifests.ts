import type { Kysely, Transaction } from 'kysely'
import type { FeedName } from './feeds.ts'
import type { Database } from './schema.ts'

/** A feed's manifest as it was signed. */
export interface StoredManifest {
  readonly text: string
  /** Ed25519, 32 raw bytes. */
  readonly publicKey: Buffer
  readonly signature: Buffer
}

/** Keeps the manifest under which a feed was committed. */
export async function insertManifest(
  tx: Transaction<Database>,
  { telcoId, kind, number }: FeedName,
  { text, publicKey, signature }: StoredManifest,
): Promise<void> {
  await tx
    .insertInto('feed_manifest')
    .values({ telco_id: telcoId, kind, number, content: text, public_key: publicKey, signature })
    .execute()
}

/** The manifest of a feed, or `undefined` where it was not committed. */
export async function findManifest(
  db: Kysely<Database>,
  { telcoId, kind, number }: FeedName,
): Promise<StoredManifest | undefined> {
  const row = await db
    .selectFrom('feed_manifest')
    .select(['content', 'public_key', 'signature'])
    .where('telco_id', '=', telcoId)
    .where('kind', '=', kind)
    .where('number', '=', number)
    .executeTakeFirst()
  return row && { text: row.content, publicKey: row.public_key, signature: row.signature }
}

/** Hash of the manifest that a series' next one must name, hex; `undefined` before the first. */
export async function findLastManifestHash(
  db: Kysely<Database>,
  { telcoId, kind }: Pick<FeedName, 'telcoId' | 'kind'>,
): Promise<string | undefined> {
  const row = await db
    .selectFrom('feed')
    .select('manifest_hash')
    .where('telco_id', '=', telcoId)
    .where('kind', '=', kind)
    .where('manifest_hash', 'is not', null)
    .orderBy('number', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row?.manifest_hash ?? undefined
}
