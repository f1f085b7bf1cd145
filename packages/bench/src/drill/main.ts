import { parseArgs } from 'node:util'
import { drillBreach } from './breach.ts'
import { encodingNames } from './encodings.ts'
import type { Findings } from './finder.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { people: { type: 'string', default: '100000' } },
})
const people = Number(values.people)
if (positionals[0] === 'breach' && Number.isSafeInteger(people) && people >= 100) {
  process.exitCode = (await runDrill()) ? 0 : 1
} else {
  process.stderr.write('Say which: pnpm drill breach [--people N], N at least 100\n')
  process.exitCode = 2
}

/** Runs the drill and prints what was found where; gives whether all held. */
async function runDrill(): Promise<boolean> {
  const { rows, controls, expected, skipped } = await drillBreach(people)
  const widths = [18, ...encodingNames.map((name) => Math.max(name.length, 8) + 1)]
  const print = (cells: readonly (string | number)[]) =>
    process.stdout.write(`${cells.map((cell, index) => String(cell).padEnd(widths[index] ?? 0)).join(' ')}\n`)
  print(['identifiers found', ...encodingNames])
  for (const { place, findings } of rows) print([place, ...encodingNames.map((name) => findings[name])])
  for (const { place, findings } of controls)
    print([place, ...encodingNames.map((name) => share(findings[name], expected[name]))])
  for (const place of skipped) process.stdout.write(`not looked into: ${place}\n`)
  const leaks = rows.reduce((sum, { findings }) => sum + total(findings), 0)
  const areControlsFound = controls.every(({ findings }) =>
    encodingNames.every((name) => findings[name] === expected[name]),
  )
  const ok = leaks === 0 && areControlsFound
  process.stdout.write(`${JSON.stringify({ drill: 'breach', people, ok, leaks, areControlsFound })}\n`)
  return ok
}

function total(findings: Findings): number {
  return encodingNames.reduce((sum, name) => sum + findings[name], 0)
}

function share(found: number, expected: number): string {
  return expected === 0 ? '-' : `${Math.floor((100 * found) / expected)} %`
}
