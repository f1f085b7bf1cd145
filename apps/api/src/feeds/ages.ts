import { findLastApplied } from '@pcbs/store'
import type { Context } from '../context.ts'
import type { FeedAge } from '../metrics.ts'

const kinds = ['subscribers', 'pairings'] as const

/** How long ago each telco's series was applied last. */
export async function findFeedAges({
  db,
  telcos,
  now,
}: Pick<Context, 'db' | 'telcos' | 'now'>): Promise<readonly FeedAge[]> {
  const applied = await findLastApplied(db)
  return telcos.flatMap(({ id, code, joinedAt }) =>
    kinds.map((kind) => {
      const since = applied.find((each) => each.telcoId === id && each.kind === kind)?.at ?? joinedAt
      return { telco: code, kind, seconds: Math.round((now().getTime() - since.getTime()) / 1000) }
    }),
  )
}
