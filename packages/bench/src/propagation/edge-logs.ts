import { readFile } from 'node:fs/promises'

/** When an edge said that a sequence is in force. */
interface Applied {
  readonly seq: number
  readonly atMs: number
}

/** What an edge's log says of the list, in order: it writes there once all its threads answer by a change. */
export async function readApplied(logFile: string): Promise<readonly Applied[]> {
  const lines = (await readFile(logFile, 'utf8')).split('\n')
  return lines.flatMap((line) => {
    if (!line.includes('"list_applied"')) return []
    const { time, seq } = JSON.parse(line) as { time: string; seq: number }
    return [{ seq, atMs: Date.parse(time) }]
  })
}

/** When a sequence was in force first; infinitely late where it never was. */
export function appliedAtMs(log: readonly Applied[], seq: number): number {
  return log.find((applied) => applied.seq >= seq)?.atMs ?? Number.POSITIVE_INFINITY
}
