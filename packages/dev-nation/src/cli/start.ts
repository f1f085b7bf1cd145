import { StartRefusal } from '../nation/lock.ts'
import { nationUsage, readNationOptions } from '../nation/options.ts'
import { type FirstSync, type RunningNation, runNation } from '../nation/run.ts'
import { stopOnSignals, whenAborted } from './stopping.ts'
import { createStepLine, paint, say } from './terminal.ts'

const usage = `start: runs the registry and a small nation of three telcos on this machine

${nationUsage}`

/** What an edge's line says of its telco's adapter. */
const firstSyncTold = {
  synced: 'its adapter has synced',
  held: 'a feed of its adapter waits for an officer',
  'sync-failed': 'its adapter has not synced yet, and goes on trying',
} as const satisfies Record<FirstSync, string>

process.exitCode = await start()

async function start(): Promise<number> {
  const stopping = stopOnSignals(say)
  const steps = createStepLine()
  try {
    const { options, isHelp } = readNationOptions(process.argv.slice(2), process.env)
    if (isHelp) {
      say(usage)
      return 0
    }
    const nation = await runNation(options, steps.show, stopping)
    steps.clear()
    describe(nation, options.folder)
    const broken = await Promise.race([whenAborted(stopping), nation.broken])
    if (broken)
      say(paint('red', `The ${broken} ended by itself: see its log in ${options.folder}. Stopping …`))
    await nation.stop()
    say('Stopped. Nothing was left running.')
    return broken ? 1 : 0
  } catch (error) {
    steps.clear()
    if (stopping.aborted) {
      say('Stopped before everything was up. Nothing was left running.')
      return 0
    }
    const isOurs = error instanceof StartRefusal || error instanceof TypeError
    say(paint('red', isOurs ? error.message : `The nation did not start: ${String(error)}`))
    return 1
  }
}

function describe({ endpoints, firstSyncs }: RunningNation, folder: string): void {
  const { registryUrl, issuerUrl, custodianUrl, telcos } = endpoints
  const row = (name: string, address: string, what: string) =>
    say(`  ${name.padEnd(22)} ${address.padEnd(24)} ${what}`)
  say(paint('bold', 'The registry and three telcos are running.'))
  row('API', registryUrl, `reference at ${registryUrl}/docs/`)
  row('Authorization server', issuerUrl, 'OpenID provider')
  row('Custodian', custodianUrl, 'holds the keys')
  for (const { code, edgeUrl } of telcos)
    row(
      `${code} edge`,
      edgeUrl,
      `N5g-eir, HTTP/2 cleartext; ${firstSyncTold[firstSyncs.get(code) ?? 'synced']}`,
    )
  describeTroubles(firstSyncs, folder)
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

/** What is to be done about adapters whose first sync did not go through. */
function describeTroubles(firstSyncs: RunningNation['firstSyncs'], folder: string): void {
  const telcos = (sync: FirstSync) =>
    [...firstSyncs].filter(([, became]) => became === sync).map(([code]) => code)
  const [held, failed] = [telcos('held'), telcos('sync-failed')]
  if (held.length > 0) {
    say(
      paint(
        'red',
        `A feed of ${held.join(', ')} is in quarantine: nothing more of it is taken until an officer decides.`,
      ),
    )
    say(`  ${paint('cyan', `set -a; . ${folder}/pcbs.env; npx pnpm@12 pcbs feeds list --state quarantined`)}`)
  }
  for (const code of failed)
    say(paint('red', `The first sync of ${code} failed: ${folder}/${code}/logs/adapter.log says why.`))
}
