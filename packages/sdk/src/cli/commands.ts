import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { readConfiguration, readSourceConfiguration } from '../adapter/configuration.ts'
import type { AdapterFactory } from '../adapter/define-adapter.ts'
import type { ToldOutage } from '../adapter/outages.ts'
import { createProgressBar, describeSummary } from '../adapter/progress-bar.ts'
import { type AdapterEvent, runContinuously, runOnce } from '../adapter/run.ts'
import { connectRegistry } from '../adapter/session.ts'
import { periodUntil } from '../adapter/sync.ts'
import { expectAnswer } from '../client/client.ts'
import { checkAdapter } from '../conformance/checks.ts'
import { RowEncoder } from '../encoding/row-encoder.ts'
import { SdkError } from '../errors.ts'
import { previewRows } from '../feeds/preview.ts'
import type { Source } from '../feeds/row-batches.ts'
import type { FeedKind, SourceRows } from '../feeds/source-rows.ts'
import { exportToFile, verifyExport } from './export.ts'
import { writeSkeleton } from './skeleton.ts'
import { verifyReceipts } from './verify.ts'

const usage = `pcbs-adapter: connects a telco's systems to the registry

  pcbs-adapter init DIRECTORY     write a working skeleton adapter with its tests
  pcbs-adapter check              run the conformance suite against the adapter
  pcbs-adapter sync [--once]      send feeds and follow the block list; --once sends and ends
  pcbs-adapter sync --dry-run     show what would be sent, identifiers masked; sends nothing
  pcbs-adapter status             what the registry has of this telco
  pcbs-adapter verify [FOLDER]    prove from the receipts there who sent what and what became of it, offline

  pcbs-adapter export FILE        write the block list as CSV, with the registry's signatures beside it
  pcbs-adapter verify-export FILE prove such a file, offline

  --config FILE    the configuration, pcbs-adapter.json by default
  --telco-key=KEY[,KEY]  --registry-key=KEY
                   for verify: public keys, 32 bytes in base64url; the configuration's own where left out
  --changes-after N  for export: the changes after a sequence, in place of the whole list
  --adapter FILE   the module that exports \`adapter\`, adapter.ts by default
`

interface CommandInput {
  readonly configFile: string
  readonly adapterFile: string
  readonly isOnce: boolean
  readonly isDryRun: boolean
  readonly target: string | undefined
  readonly telcoKeys: string | undefined
  readonly registryKey: string | undefined
  readonly changesAfter: string | undefined
  readonly signal: AbortSignal
}

const commands: Readonly<Record<string, (input: CommandInput) => Promise<number>>> = {
  init,
  check,
  sync,
  status,
  export: exportToFile,
  'verify-export': verifyExport,
  verify: (input) => verifyReceipts({ ...input, folder: input.target }),
}

/** Runs one command line; gives the exit code. */
export async function runCommand(argv: readonly string[], signal: AbortSignal): Promise<number> {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        config: { type: 'string', default: 'pcbs-adapter.json' },
        adapter: { type: 'string', default: 'adapter.ts' },
        once: { type: 'boolean', default: false },
        'dry-run': { type: 'boolean', default: false },
        'telco-key': { type: 'string' },
        'registry-key': { type: 'string' },
        'changes-after': { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    })
    const [name = '', target] = positionals
    const command = commands[name]
    if (!command || values.help) {
      process.stdout.write(usage)
      return values.help || name === '' ? 0 : 2
    }
    return await command({
      configFile: values.config,
      adapterFile: values.adapter,
      isOnce: values.once,
      isDryRun: values['dry-run'],
      target,
      telcoKeys: values['telco-key'],
      registryKey: values['registry-key'],
      changesAfter: values['changes-after'],
      signal,
    })
  } catch (error) {
    // Anything but our own errors may carry a telco's values in its message.
    const text =
      error instanceof SdkError || error instanceof TypeError ? error.message : 'The command failed.'
    process.stderr.write(`${text}\n`)
    return 1
  }
}

async function init({ target }: CommandInput): Promise<number> {
  if (!target) {
    process.stderr.write('Say where: pcbs-adapter init DIRECTORY\n')
    return 2
  }
  const files = await writeSkeleton(resolve(target))
  process.stdout.write(`${files.map((file) => `wrote ${file}\n`).join('')}Next: read ${target}/README.md\n`)
  return 0
}

async function check(input: CommandInput): Promise<number> {
  const { settings, home, timeZone } = await readSourceConfiguration(input.configFile)
  const { factory, readList } = await loadAdapter(input.adapterFile)
  const outcomes = await checkAdapter({
    factory,
    settings,
    home,
    timeZone,
    ...(readList && { readList: () => readList(settings) }),
  })
  for (const { name, outcome, detail } of outcomes)
    process.stdout.write(`${outcome.padEnd(8)} ${name}${detail ? `: ${detail}` : ''}\n`)
  return outcomes.some(({ outcome }) => outcome === 'failed') ? 1 : 0
}

async function sync(input: CommandInput): Promise<number> {
  if (input.isDryRun) return preview(input)
  const configuration = await readConfiguration(input.configFile)
  const { factory } = await loadAdapter(input.adapterFile)
  const drawProgress = createProgressBar(process.stderr)
  const onEvent = (event: AdapterEvent) => {
    if (event.type === 'progress') drawProgress(event.progress)
    if (event.type === 'synced')
      process.stdout.write(`\n${event.summaries.map(describeSummary).join('\n')}\n`)
    if (event.type === 'sync-failed') process.stderr.write(`${event.reason}${describeOutage(event)}\n`)
    if (event.type === 'list' && 'reason' in event.event)
      process.stderr.write(`${event.event.reason}${describeOutage(event)}\n`)
    if (event.type === 'recovered')
      process.stderr.write(`The ${event.part} works again${describeOutage(event)}\n`)
  }
  const options = { configuration, factory, onEvent, signal: input.signal }
  if (!input.isOnce) {
    await runContinuously(options)
    return 0
  }
  const summaries = await runOnce(options)
  process.stdout.write(`\n${summaries.map(describeSummary).join('\n')}\n`)
  return summaries.every(({ feed }) => feed.state === 'applied') ? 0 : 1
}

/** How long something has not worked, where it was tried more than once. */
function describeOutage({ failures = 1, forSeconds = 0 }: Partial<ToldOutage>): string {
  return failures > 1 ? ` (${failures} times in ${forSeconds} s)` : ''
}

/** Good rows shown of each kind; all are counted, and every reject is shown. */
const shownRows = 10

async function preview(input: CommandInput): Promise<number> {
  const source = await readSourceConfiguration(input.configFile)
  const { settings, home } = source
  const { factory } = await loadAdapter(input.adapterFile)
  const period = periodUntil(Date.now(), source)
  const adapter = await factory({ settings, home, period, signal: input.signal })
  // Nothing is sent, so no key is asked for: the tokens of this run mean nothing.
  const encoder = new RowEncoder(home, { epoch: 1, key: Buffer.alloc(32) })
  try {
    await previewKind('subscribers', adapter.subscribers(), encoder)
    await previewKind('pairings', adapter.pairings(), encoder)
    return 0
  } finally {
    await adapter.close?.()
  }
}

async function previewKind<Kind extends FeedKind>(
  kind: Kind,
  source: Source<SourceRows[Kind]>,
  encoder: RowEncoder,
): Promise<void> {
  let [rows, rejected] = [0, 0]
  for await (const { line, masked, fault } of previewRows(kind, source, encoder)) {
    rows += 1
    if (fault) rejected += 1
    if (fault || rows <= shownRows)
      process.stdout.write(`${line}: ${fault ? `rejected, ${fault.field} ${fault.code}` : masked}\n`)
  }
  process.stdout.write(`${kind}: ${rows} rows, ${rows - rejected} would be accepted, ${rejected} rejected\n`)
}

async function status({ configFile }: CommandInput): Promise<number> {
  const configuration = await readConfiguration(configFile)
  const client = await connectRegistry(configuration, ['feeds'])
  const { items } = expectAnswer(await client.GET('/v1/feeds', { params: { query: { limit: 10 } } }))
  process.stdout.write(items.length === 0 ? 'The registry has no feed of this telco yet.\n' : '')
  for (const feed of items) {
    process.stdout.write(
      `${feed.kind} ${feed.number}: ${feed.state}, ${feed.rowsIn} rows, ${feed.rejected} rejected, opened ${feed.openedAt}\n`,
    )
    for (const { meaning, measured, limit } of feed.breaches)
      process.stdout.write(`  ${meaning}: ${measured}, limit ${limit}\n`)
  }
  return 0
}

type ReadList = (settings: Readonly<Record<string, string>>) => Promise<ReadonlyMap<string, never>>

async function loadAdapter(
  file: string,
): Promise<{ factory: AdapterFactory; readList: ReadList | undefined }> {
  const module = (await import(pathToFileURL(resolve(file)).href).catch((cause: unknown) => {
    throw new SdkError('configuration', `${file} cannot be loaded.`, { cause })
  })) as { adapter?: unknown; readList?: unknown }
  if (typeof module.adapter !== 'function')
    throw new SdkError('configuration', `${file} exports no \`adapter\`.`)
  // The module's own types hold it to the kit's; a wrong one fails the conformance suite.
  return { factory: module.adapter as AdapterFactory, readList: module.readList as ReadList | undefined }
}
