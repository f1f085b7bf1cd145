import { deleteExpiredLimits } from '@pcbs/store'
import type { Context } from '../context.ts'
import { loadParticipants, type Participants } from '../telcos.ts'
import { record } from '../transparency/record.ts'
import { expireBlocks } from './expire-blocks.ts'
import { publishSnapshot } from './publish-snapshot.ts'
import { repeat } from './repeat.ts'
import { forgetOldPairings } from './retention.ts'
import { attend, type Supervision, supervised, type WorkerName } from './supervise.ts'

/** Who takes part, as all requests see it. */
export interface ParticipantsInUse {
  current(): Participants
  replace(renewed: Participants): void
}

/** How often telcos that joined or changed are looked for. */
const telcoRefreshMs = 5000

/** How often counts that have expired are taken out. */
const limitsIntervalMs = 60_000

/** Starts everything that is done again and again; each settles once the signal has aborted and its last turn is over. */
export function startWorkers(
  context: Context,
  supervision: Supervision,
  participants: ParticipantsInUse,
): readonly Promise<void>[] {
  const { config, log } = context
  const start = (worker: WorkerName, intervalMs: number, work: () => Promise<void>) =>
    repeat(intervalMs, supervision.signal, supervised(attend(worker, supervision), work))

  return [
    start('telcos-and-keys', telcoRefreshMs, () => refreshParticipants(context, participants)),
    start('provisional-blocks', config.expiryIntervalMs, async () => {
      const count = await expireBlocks(context)
      if (count > 0) log('cases_expired', { count })
    }),
    start('transparency-log', config.logIntervalMs, () => context.publisher.publish()),
    start('list-snapshots', config.snapshotIntervalMs, async () => {
      const seq = await publishSnapshot(context)
      if (seq !== undefined) log('list_snapshot_made', { seq })
    }),
    start('retention', config.retentionIntervalMs, async () => {
      const count = await forgetOldPairings(context)
      if (count > 0) log('pairings_forgotten', { count })
    }),
    start('rate-limits', limitsIntervalMs, async () => {
      await deleteExpiredLimits(context.db, context.now())
    }),
  ]
}

/**
 * Takes in who joined and which keys are in use now.
 * @throws what a custodian's absence threw, once everything that goes on without it was taken in
 */
async function refreshParticipants(context: Context, participants: ParticipantsInUse): Promise<void> {
  const before = participants.current()
  let away: unknown
  const renewed = await loadParticipants(context.db, context.custodians, before, (error) => {
    away = error
  })
  participants.replace(renewed)
  const { epoch } = renewed.keys
  if (epoch !== before.keys.epoch)
    await record(context, context.db, 'token-keys-rotated', { epoch: String(epoch) })
  if (away !== undefined) throw away
}
