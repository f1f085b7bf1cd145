import { parseArgs } from 'node:util'
import {
  connectRegistry,
  createProgressBar,
  describeSummary,
  encodeSource,
  fetchTelcoKey,
  ProofArchive,
  readConfiguration,
  readPolicy,
  SdkError,
  type SourceRows,
  sendFeed,
} from '@pcbs/sdk'
import { readDump } from './dump.ts'
import { readLines } from './lines.ts'
import { reportAsJson, reportAsText } from './report.ts'

const usage = `adapter-csv: sends an operator's dump from standard input, date,imei,imsi,msisdn[,rat]

  adapter-csv --dry-run [--json] < FILE     say what would be accepted and rejected; sends nothing
  adapter-csv --config FILE --from DAY --to DAY < FILE
                                            send it as the delta of this period
`

/** The kit's default home; a configuration file may name another. */
const home = { country: 'MY', mccs: ['502'] } as const

process.exitCode = await run()

async function run(): Promise<number> {
  try {
    const { values } = parseArgs({
      options: {
        'dry-run': { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        config: { type: 'string' },
        from: { type: 'string' },
        to: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    })
    if (values.help || (!values['dry-run'] && !(values.config && values.from && values.to))) {
      process.stdout.write(usage)
      return values.help ? 0 : 2
    }
    const rows = readDump(readLines(process.stdin))
    if (values['dry-run']) {
      await (values.json ? reportAsJson : reportAsText)(rows, home, process.stdout)
      return 0
    }
    return await send(rows, { config: values.config ?? '', from: values.from ?? '', to: values.to ?? '' })
  } catch (error) {
    // Only our own messages are known to hold none of the dump's values.
    process.stderr.write(
      `${error instanceof SdkError || error instanceof TypeError ? error.message : 'The dump was not sent.'}\n`,
    )
    return 1
  }
}

async function send(
  dump: AsyncIterable<SourceRows['pairings']>,
  { config, from, to }: { config: string; from: string; to: string },
): Promise<number> {
  const configuration = await readConfiguration(config)
  const [client, key] = await Promise.all([
    connectRegistry(configuration, ['feeds']),
    fetchTelcoKey(configuration),
  ])
  let isRead = false
  const batches = () => {
    if (isRead) throw new SdkError('source-spent', 'Give it on standard input once more.')
    isRead = true
    return encodeSource({ kind: 'pairings', home: configuration.home, key }, dump)
  }
  const { telco, privateKey, stateFolder, listRoot } = configuration
  const archive = new ProofArchive(stateFolder, listRoot)
  await archive.catchUp(client, 'pairings')
  const summary = await sendFeed(
    client,
    {
      telco,
      privateKey,
      previousManifest: await archive.lastHash('pairings'),
      kind: 'pairings',
      mode: 'delta',
      period: { from, to },
      policyVersion: (await readPolicy(client, configuration)).version,
      batches,
    },
    createProgressBar(process.stderr),
  )
  const { feed, manifest } = summary
  if (feed.receipt) await archive.keep(feed, { manifest, receipt: feed.receipt })
  process.stdout.write(`${describeSummary(summary)}\n`)
  return feed.state === 'applied' ? 0 : 1
}
