import { listLapsedCases, lockCase } from '@pcbs/store'
import { gatherFacts } from '../cases/facts.ts'
import { moveCase } from '../cases/move.ts'
import type { Context } from '../context.ts'

/** Ends every provisional block whose time is over. Gives how many were ended. */
export async function expireBlocks(context: Context): Promise<number> {
  const lapsed = await listLapsedCases(context.db, context.now())
  let ended = 0
  for (const id of lapsed) {
    ended += await context.db.transaction().execute(async (tx) => {
      const stored = await lockCase(tx, id)
      if (!stored) return 0
      const { facts } = await gatherFacts(context, tx, stored, { isClaimantConfirmed: false })
      const move = {
        event: 'expire',
        actorKind: 'system',
        actor: 'system',
        facts,
        now: context.now(),
      } as const
      // Meanwhile a report may have come in or the case moved on; then the lifecycle refuses.
      return (await moveCase(context, tx, stored, move)).ok ? 1 : 0
    })
  }
  return ended
}
