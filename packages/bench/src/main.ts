import { benchDecisions } from './decisions/decisions.ts'
import { benchCheck } from './edge/check.ts'
import { benchS13 } from './edge/s13.ts'
import { benchDelta } from './feeds/delta.ts'
import { benchIngest } from './feeds/ingest.ts'
import { benchLayout } from './feeds/layout.ts'
import { benchSync } from './feeds/sync.ts'
import { benchIndex } from './index/index.ts'
import { benchLog } from './log/log.ts'
import { benchPropagation } from './propagation/propagation.ts'
import { benchSeal } from './seal/seal.ts'

/**
 * One bench: measures, tells a person what it sees on standard error, and returns its figures. An option is a number, or
 * several by commas; `options` has the first of each, `lists` all.
 */
export type Bench = (
  options: Readonly<Record<string, number>>,
  lists: Readonly<Record<string, readonly number[]>>,
) => Promise<object>

const benches: Readonly<Record<string, Bench>> = {
  check: benchCheck,
  decisions: benchDecisions,
  delta: benchDelta,
  index: benchIndex,
  ingest: benchIngest,
  layout: benchLayout,
  log: benchLog,
  propagation: benchPropagation,
  s13: benchS13,
  seal: benchSeal,
  sync: benchSync,
}

const [name = '', ...flags] = process.argv.slice(2)
const bench = benches[name]
if (bench) {
  const lists = readFlags(flags)
  const options = Object.fromEntries(Object.entries(lists).map(([flag, [first = 0]]) => [flag, first]))
  process.stdout.write(`${JSON.stringify({ bench: name, ...(await bench(options, lists)) })}\n`)
} else {
  process.stderr.write(`Say which: pnpm bench ${Object.keys(benches).join(' | ')} [--option N]\n`)
  process.exitCode = 2
}

/** `--entries 1000,2000` as numbers. */
function readFlags(words: readonly string[]): Record<string, readonly number[]> {
  const lists: Record<string, readonly number[]> = {}
  for (let at = 0; at < words.length; at += 2) {
    const flag = words[at] ?? ''
    const values = (words[at + 1] ?? 'none').split(',').map(Number)
    if (!flag.startsWith('--') || !values.every(Number.isFinite))
      throw new TypeError(`${flag} takes a number`)
    lists[flag.slice(2)] = values
  }
  return lists
}
