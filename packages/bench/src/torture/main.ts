import { parseArgs } from 'node:util'
import { tortureCases } from './cases.ts'
import { tortureEdge } from './edge.ts'
import { tortureFeeds } from './feeds.ts'
import { tortureOpenings } from './openings.ts'

/** One torture: breaks things at random moments and says what did not hold. */
export type Torture = (options: {
  readonly seed: number
  readonly isShort: boolean
}) => Promise<readonly string[]>

const tortures: Readonly<Record<string, Torture>> = {
  cases: tortureCases,
  edge: tortureEdge,
  feeds: tortureFeeds,
  openings: tortureOpenings,
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { short: { type: 'boolean', default: false }, seed: { type: 'string' } },
})
const [name = ''] = positionals
const torture = tortures[name]
if (torture) {
  const seed = Number(values.seed ?? Math.floor(Math.random() * 1e9))
  process.stdout.write(`torture ${name}, --seed ${seed}\n`)
  const faults = await torture({ seed, isShort: values.short })
  for (const fault of faults) process.stdout.write(`${fault}\n`)
  process.stdout.write(
    `${JSON.stringify({ torture: name, seed, ok: faults.length === 0, faults: faults.length })}\n`,
  )
  process.exitCode = faults.length === 0 ? 0 : 1
} else {
  process.stderr.write(`Say which: pnpm torture ${Object.keys(tortures).join(' | ')} [--short] [--seed N]\n`)
  process.exitCode = 2
}
