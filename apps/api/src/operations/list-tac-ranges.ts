import { listTacRanges as findRanges } from '@pcbs/store'
import { rangeView } from '../block-list/range-view.ts'
import type { Handler } from '../http/operation.ts'

export const listTacRanges: Handler<'listTacRanges'> = async (_input, context) => {
  const ranges = await findRanges(context.db)
  return { status: 200, body: { items: ranges.map((range) => rangeView(range, context.now())) } }
}
