import { setTimeout as delay } from 'node:timers/promises'
import { expectAnswer } from '../client/client.ts'
import { answerMs } from './answer-time.ts'
import type { FollowOptions } from './follow.ts'

/** Pause after an acknowledgement: those that are due meanwhile go as one. */
const batchMs = 1000

/** Pause after the registry did not take one. */
const retryMs = 1000

/** Tells the registry the newest sequence in force; newer ones overtake older. */
export function createAcknowledger({
  client,
  edge,
  signal,
}: Pick<FollowOptions, 'client' | 'edge' | 'signal'>): (seq: number) => void {
  let wanted = -1
  let said = -1
  let isSending = false
  return (seq) => {
    wanted = Math.max(wanted, seq)
    if (!isSending) void send()
  }

  async function send(): Promise<void> {
    isSending = true
    while (said < wanted && !signal.aborted) {
      const seq = wanted
      const isTaken = await tell(seq)
      if (isTaken) said = seq
      await delay(isTaken ? batchMs : retryMs, undefined, { signal }).catch(() => {})
    }
    isSending = false
  }

  async function tell(seq: number): Promise<boolean> {
    try {
      expectAnswer(
        await client.POST('/v1/enforcement/acknowledgements', {
          body: { edge, seq },
          signal: AbortSignal.any([signal, AbortSignal.timeout(answerMs)]),
        }),
      )
      return true
    } catch {
      return false
    }
  }
}
