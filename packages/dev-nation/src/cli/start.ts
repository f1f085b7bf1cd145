import { StartRefusal } from '../nation/lock.ts'
import { nationUsage, readNationOptions } from '../nation/options.ts'
import { type RunningNation, runNation } from '../nation/run.ts'
import { createStepLine, paint, say } from './terminal.ts'

const usage = `start: runs the registry and a small nation of three telcos on this machine

${nationUsage}`

process.exitCode = await start()

async function start(): Promise<number> {
  const stopping = new AbortController()
  const stopAsked = waitForStop(stopping)
  const steps = createStepLine()
  try {
    const { options, isHelp } = readNationOptions(process.argv.slice(2), process.env)
    if (isHelp) {
      say(usage)
      return 0
    }
    const nation = await runNation(options, (step) => {
      stopping.signal.throwIfAborted()
      steps.show(step)
    })
    steps.clear()
    describe(nation, options.folder)
    const broken = await Promise.race([stopAsked, nation.broken])
    if (broken)
      say(paint('red', `The ${broken} ended by itself: see its log in ${options.folder}. Stopping …`))
    await nation.stop()
    say('Stopped. Nothing was left running.')
    return broken ? 1 : 0
  } catch (error) {
    steps.clear()
    if (stopping.signal.aborted) {
      say('Stopped before everything was up. Nothing was left running.')
      return 0
    }
    const isOurs = error instanceof StartRefusal || error instanceof TypeError
    say(paint('red', isOurs ? error.message : `The nation did not start: ${String(error)}`))
    return 1
  }
}

/** Resolves with nothing when the operator wants to stop, which may be before everything is up. */
function waitForStop(stopping: AbortController): Promise<undefined> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.on(signal, () => {
        if (!stopping.signal.aborted) say('Stopping …')
        stopping.abort()
        resolve(undefined)
      })
  })
}

function describe({ endpoints }: RunningNation, folder: string): void {
  const { registryUrl, issuerUrl, custodianUrl, telcos } = endpoints
  const row = (name: string, address: string, what: string) =>
    say(`  ${name.padEnd(22)} ${address.padEnd(24)} ${what}`)
  say(paint('bold', 'The registry and three telcos are running.'))
  row('API', registryUrl, `reference at ${registryUrl}/docs/`)
  row('Authorization server', issuerUrl, 'OpenID provider')
  row('Custodian', custodianUrl, 'holds the keys')
  for (const { code, edgeUrl } of telcos)
    row(`${code} edge`, edgeUrl, 'N5g-eir, HTTP/2 cleartext; its adapter has synced')
  const [first] = telcos
  say('')
  say('Try, in another terminal:')
  say(`  ${paint('cyan', 'npx pnpm@12 demo')}`)
  say(
    `  ${paint('cyan', `curl --http2-prior-knowledge '${first?.edgeUrl}/n5g-eir-eic/v1/equipment-status?pei=imei-352099001761481'`)}`,
  )
  say(
    `  ${paint('cyan', `curl ${registryUrl}/v1/public-checks -H 'content-type: application/json' -d '{"imei":"352099001761481"}'`)}`,
  )
  say('')
  say('Try, as the regulator:')
  say(`  ${paint('cyan', `set -a; . ${folder}/pcbs.env; npx pnpm@12 pcbs policy show`)}`)
  say('')
  say(
    `Addresses, client ids and key paths are in ${folder}/endpoints.json; logs beside it. Ctrl-C stops everything.`,
  )
}
