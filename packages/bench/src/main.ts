import { benchCheck } from './edge/check.ts'
import { benchS13 } from './edge/s13.ts'
import { benchDelta } from './feeds/delta.ts'
import { benchIngest } from './feeds/ingest.ts'
import { benchLayout } from './feeds/layout.ts'
import { benchSync } from './feeds/sync.ts'
import { benchLog } from './log/log.ts'
import { benchPropagation } from './propagation/propagation.ts'
import { benchSeal } from './seal/seal.ts'

/** One bench: measures, tells a person what it sees on standard error, and returns its figures. */
export type Bench = (options: Readonly<Record<string, number>>) => Promise<object>

const benches: Readonly<Record<string, Bench>> = {
  check: benchCheck,
  delta: benchDelta,
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
  process.stdout.write(`${JSON.stringify({ bench: name, ...(await bench(readFlags(flags))) })}\n`)
} else {
  process.stderr.write(`Say which: pnpm bench ${Object.keys(benches).join(' | ')} [--option N]\n`)
  process.exitCode = 2
}

/** `--entries 1000` as numbers. */
function readFlags(words: readonly string[]): Record<string, number> {
  const options: Record<string, number> = {}
  for (let at = 0; at < words.length; at += 2) {
    const flag = words[at] ?? ''
    const value = Number(words[at + 1])
    if (!flag.startsWith('--') || !Number.isFinite(value)) throw new TypeError(`${flag} takes a number`)
    options[flag.slice(2)] = value
  }
  return options
}
