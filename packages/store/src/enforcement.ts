import { type Kysely, sql } from 'kysely'
import type { Database } from './schema.ts'

/** What an edge said it enforces. */
export interface Acknowledgement {
  readonly telcoId: number
  readonly edge: string
  readonly seq: number
  readonly at: Date
}

/** When an edge first enforced a sequence; `at` is absent while it does not. */
export interface EdgeProof {
  readonly telcoId: number
  readonly edge: string
  readonly at: Date | undefined
}

/** Records an acknowledgement. An edge's sequence never goes back; saying the same again changes nothing. */
export async function recordAcknowledgement(
  db: Kysely<Database>,
  { telcoId, edge, seq, at }: Acknowledgement,
): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await tx
      .insertInto('edge_acknowledgement')
      .values({ telco_id: telcoId, name: edge, seq, at })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
    await tx
      .insertInto('edge')
      .values({ telco_id: telcoId, name: edge, seq, acknowledged_at: at })
      .onConflict((conflict) =>
        conflict
          .columns(['telco_id', 'name'])
          .doUpdateSet({ seq: sql`greatest(edge.seq, excluded.seq)`, acknowledged_at: at }),
      )
      .execute()
  })
}

/** For every edge heard of since a moment: when it first enforced the sequence. */
export async function listEdgeProofs(
  db: Kysely<Database>,
  seq: number,
  heardSince: Date,
): Promise<readonly EdgeProof[]> {
  const { rows } = await sql<{ telco_id: number; name: string; at: Date | null }>`
    SELECT e.telco_id, e.name, first.at
    FROM edge e
    LEFT JOIN LATERAL (
      SELECT min(a.at) AS at FROM edge_acknowledgement a
      WHERE a.telco_id = e.telco_id AND a.name = e.name AND a.seq >= ${seq}
    ) first ON true
    WHERE e.acknowledged_at >= ${heardSince}
    ORDER BY e.telco_id, e.name`.execute(db)
  return rows.map((row) => ({ telcoId: row.telco_id, edge: row.name, at: row.at ?? undefined }))
}
