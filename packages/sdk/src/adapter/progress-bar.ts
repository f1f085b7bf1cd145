import type { WriteStream } from 'node:tty'
import type { FeedProgress, FeedSummary } from '../feeds/send-feed.ts'

/** Draws a feed's progress on a terminal, one line that redraws itself; elsewhere it stays silent. */
export function createProgressBar(terminal: WriteStream): (progress: FeedProgress) => void {
  if (!terminal.isTTY) return () => {}
  return (progress) => {
    terminal.write(`\r\u001b[2K${describeProgress(progress)}`)
  }
}

const barLength = 20

/** One line: how far, how many rows, how fast, how many bytes, how much longer. */
export function describeProgress(progress: FeedProgress): string {
  const { kind, phase, rows, rejected, bytes, elapsedMs, expectedRows } = progress
  const perSecond = Math.round(rows / Math.max(elapsedMs / 1000, 0.001))
  const share = expectedRows ? Math.min(1, rows / expectedRows) : undefined
  const filled = '█'.repeat(Math.round((share ?? 0) * barLength))
  const parts = [
    `${kind.padEnd(11)} ${filled.padEnd(barLength, '·')} ${phase}`,
    ...(share === undefined ? [] : [`${Math.floor(share * 100)} %`]),
    `${rows} rows`,
    ...(phase === 'sending' ? [`${rejected} rejected`, `${Math.round(bytes / 1024)} kB`] : []),
    `${perSecond}/s`,
    ...(expectedRows && perSecond > 0 ? [`${clock(Math.max(0, expectedRows - rows) / perSecond)} left`] : []),
  ]
  return parts.join(' · ')
}

/** Minutes and seconds. */
function clock(seconds: number): string {
  const whole = Math.ceil(seconds)
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`
}

/** What became of a feed, in lines for a person. */
export function describeSummary(summary: FeedSummary): string {
  const { feed, rows, rejected, bytes, elapsedMs, partsResumed, sourceRows } = summary
  const lines = [
    `${feed.kind} ${feed.mode} ${feed.number} ${feed.state}: ${sourceRows === undefined ? '' : `${sourceRows} rows read, `}${rows} sent, ${feed.accepted} accepted, ${feed.rejected} rejected (${rejected} here), ${bytes} bytes, ${(elapsedMs / 1000).toFixed(1)} s`,
    ...(partsResumed > 0 ? [`  ${partsResumed} parts had arrived before`] : []),
    ...Object.entries(feed.rejectsByCode).map(([code, count]) => `  rejected ${code}: ${count}`),
    ...feed.breaches.map(
      ({ meaning, measured, limit }) => `  quarantined, ${meaning}: ${measured}, limit ${limit}`,
    ),
  ]
  return lines.join('\n')
}
