import { type Endpoints, findRunningNation } from '../nation/endpoints.ts'
import { StartRefusal } from '../nation/lock.ts'
import { nationUsage, readNationOptions } from '../nation/options.ts'
import { runNation } from '../nation/run.ts'
import { tellStory } from '../story/steps.ts'
import { stopOnSignals, whenAborted } from './stopping.ts'
import { createStepLine, paint, say } from './terminal.ts'

const usage = `demo: tells the story of one stolen phone to the running nation, or starts one for it

  --json                one JSON object for machines
${nationUsage}`

process.exitCode = await demo()

async function demo(): Promise<number> {
  const startedMs = performance.now()
  const stopping = stopOnSignals((text) => process.stderr.write(`${text}\n`))
  let stop = async () => {}
  let isJson = false
  try {
    const read = readNationOptions(process.argv.slice(2), process.env)
    isJson = read.isJson
    if (read.isHelp) {
      say(usage)
      return 0
    }
    let endpoints = read.options.isFresh ? undefined : await findRunningNation(read.options.folder)
    if (!endpoints) {
      const steps = createStepLine()
      const nation = await runNation(read.options, isJson ? () => {} : steps.show, stopping)
      steps.clear()
      stop = nation.stop
      endpoints = nation.endpoints
    }
    const told = await Promise.race([tell(endpoints, isJson, startedMs), whenAborted(stopping)])
    return told ? 0 : 1
  } catch (error) {
    if (stopping.aborted) return 1
    const isOurs = error instanceof StartRefusal || error instanceof TypeError
    const text = isOurs ? error.message : `The demo failed: ${String(error)}`
    say(isJson ? JSON.stringify({ ok: false, error: text }) : paint('red', text))
    return 1
  } finally {
    await stop()
  }
}

/** Tells the story, a line per step; whether every step held. */
async function tell(endpoints: Endpoints, isJson: boolean, startedMs: number): Promise<boolean> {
  const told: { step: string; ok: boolean; tookMs: number; detail: string }[] = []
  for (const { name, run } of await tellStory(endpoints)) {
    const beganMs = performance.now()
    const [ok, detail] = await run().then(
      (seen): [boolean, string] => [true, seen],
      (error: unknown): [boolean, string] => [false, error instanceof Error ? error.message : String(error)],
    )
    const tookMs = Math.round(performance.now() - beganMs)
    told.push({ step: name, ok, tookMs, detail })
    if (!isJson) {
      const mark = ok ? paint('green', '✔') : paint('red', '✘')
      say(`${mark} ${`${tookMs} ms`.padStart(8)}  ${name} ${paint('dim', `(${detail})`)}`)
    }
    if (!ok) break
  }
  const ok = told.every((step) => step.ok)
  const totalMs = Math.round(performance.now() - startedMs)
  if (isJson) say(JSON.stringify({ ok, totalMs, steps: told }))
  else say(paint(ok ? 'green' : 'red', ok ? `Every step held, in ${totalMs} ms.` : 'The story broke off.'))
  return ok
}
