import { findOpening } from '@pcbs/store'
import type { Handler } from '../http/operation.ts'
import { noSuchOpening, openingView } from '../openings/view.ts'

export const getOpening: Handler<'getOpening'> = async ({ path }, { db }) => {
  const opening = await findOpening(db, path.openingId)
  if (!opening) throw noSuchOpening()
  return { status: 200, body: openingView(opening) }
}
