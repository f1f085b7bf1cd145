import type { WriteStream } from 'node:tty'
import type { FeedProgress, FeedSummary } from '../feeds/send-feed.ts'

/** Draws a feed's progress on a terminal, one line that redraws itself; elsewhere it stays silent. */
export function createProgressBar(terminal: WriteStream): (progress: FeedProgress) => void {
  if (!terminal.isTTY) return () => {}
  return (progress) => {
    terminal.write(`\r\u001b[2K${describeProgress(progress)}`)
  }
}

/** One line: how many rows, how fast, how many bytes. */
export function describeProgress({ kind, rows, rejected, bytes, elapsedMs }: FeedProgress): string {
  const perSecond = Math.round(rows / Math.max(elapsedMs / 1000, 0.001))
  const filled = '█'.repeat(Math.min(20, Math.floor(Math.log2(rows + 1))))
  return `${kind.padEnd(11)} ${filled.padEnd(20, '·')} ${rows} rows · ${rejected} rejected · ${perSecond}/s · ${Math.round(bytes / 1024)} kB`
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
