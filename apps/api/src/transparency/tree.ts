import { nodesFromTiles, type ReadNode } from '@pcbs/seal'
import { type RegistryDb, readLogTile } from '@pcbs/store'
import { Problem } from '../http/problems.ts'

/** The log's tree as the database has it; made anew for each proof, since the last tile grows. */
export function logNodes(db: RegistryDb): ReadNode {
  return nodesFromTiles((level, index) => readLogTile(db, level, index))
}

/** Hashes as proofs carry them. */
export function toBase64(hashes: readonly Buffer[]): string[] {
  return hashes.map((hash) => hash.toString('base64'))
}

/** The refusal for a place that the log has not reached. */
export function beyondLog(field: string): Problem {
  const remedy = 'Ask for at most the size of the newest checkpoint.'
  return new Problem('request-invalid', 'See errors.', { errors: [{ field, code: 'beyond-log', remedy }] })
}
