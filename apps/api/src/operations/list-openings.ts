import { listOpenings as findOpenings } from '@pcbs/store'
import type { Handler } from '../http/operation.ts'
import { openingView } from '../openings/view.ts'

export const listOpenings: Handler<'listOpenings'> = async ({ query }, { db }) => {
  const openings = await findOpenings(db, query.limit ?? 100)
  return { status: 200, body: { items: openings.map(openingView) } }
}
