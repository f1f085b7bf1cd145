import { findLastCheckpoint, listCosignatures } from '@pcbs/store'
import type { Handler } from '../http/operation.ts'
import { Problem } from '../http/problems.ts'

export const getLogCheckpoint: Handler<'getLogCheckpoint'> = async (_input, { db }) => {
  const checkpoint = await findLastCheckpoint(db)
  if (!checkpoint) throw new Problem('not-found', 'The log has no checkpoint yet.')
  const cosignatures = await listCosignatures(db, checkpoint.size)
  return { status: 200, body: { note: [checkpoint.note, ...cosignatures].join('') } }
}
