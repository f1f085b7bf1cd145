import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { parseArgs } from 'node:util'
import {
  describeSummary,
  type HomeNetwork,
  type PreviewedRow,
  previewRows,
  RowEncoder,
  readSourceConfiguration,
  SdkError,
  type SourceReject,
} from '@pcbs/sdk'
import { type DumpRow, readDump } from './dump.ts'
import { DumpError } from './errors.ts'
import { type Mapping, plainMapping, readMappingFile } from './mapping.ts'
import { reportAsJson, reportAsText } from './report.ts'
import { sendDump } from './send.ts'

const usage = `adapter-csv: sends an operator's dump from standard input

  adapter-csv --dry-run [--json] < FILE     say what would be accepted and rejected; sends nothing
  adapter-csv --config FILE --from DAY --to DAY [--rejects FILE] < FILE
                                            send it: pairings as the delta of this period, subscribers as a snapshot

  --kind KIND      pairings (date,imei,imsi,msisdn[,rat]), which is the default, or
                   subscribers (msisdn,document[,documenttype,country,nationality,status,name,address])
  --mapping FILE   how this dump is spelled: columns, separator, days, values; see docs/adapter-csv.md
  --rejects FILE   every rejected row's line, field and code, one JSON object a line

The dump is CSV (RFC 4180) with a header, separated by , ; | or tabs, in UTF-8 or UTF-16, gzipped or not.
`

/** The kit's default home; a configuration file may name another. */
const home = { country: 'MY', mccs: ['502'] } as const

async function run(): Promise<number> {
  try {
    const { values } = parseArgs({
      options: {
        'dry-run': { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        kind: { type: 'string' },
        mapping: { type: 'string' },
        rejects: { type: 'string' },
        config: { type: 'string' },
        from: { type: 'string' },
        to: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    })
    const { kind, config, from, to } = values
    const isKind = kind === undefined || kind === 'pairings' || kind === 'subscribers'
    if (values.help || !isKind || (!values['dry-run'] && !(config && from && to))) {
      process.stdout.write(usage)
      return values.help ? 0 : 2
    }
    const mapping = values.mapping
      ? await readMappingFile(values.mapping, kind)
      : plainMapping(kind ?? 'pairings')
    const rows = readDump(process.stdin, mapping)
    if (values['dry-run']) {
      const homeOfDump = config ? (await readSourceConfiguration(config)).home : home
      const preview = previewDump(rows, mapping, homeOfDump)
      const accepted = await (values.json ? reportAsJson : reportAsText)(preview, process.stdout)
      // Sending it would fail too.
      return accepted > 0 ? 0 : 1
    }
    const job = { configFile: config ?? '', kind: mapping.kind, period: { from: from ?? '', to: to ?? '' } }
    return await send({ ...job, rows }, values.rejects)
  } catch (error) {
    // Only our own messages are known to hold none of the dump's values.
    const isOurs = error instanceof SdkError || error instanceof DumpError || isUsageError(error)
    process.stderr.write(`${isOurs ? error.message : 'The dump was not sent.'}\n`)
    return 1
  }
}

/** What parseArgs says of an option that there is not. */
function isUsageError(error: unknown): error is TypeError {
  return error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')
}

/** Nothing is sent on a dry run, so its tokens need no key of anybody's. */
const noKey = { epoch: 1, key: Buffer.alloc(32) }

function previewDump(
  rows: AsyncIterable<readonly DumpRow[]>,
  { kind }: Mapping,
  homeOfDump: HomeNetwork,
): AsyncIterable<PreviewedRow> {
  const encoder = new RowEncoder(homeOfDump, noKey)
  // The dump was read by the mapping of this kind, so its rows are of this kind.
  return previewRows(kind, rows as AsyncIterable<never[]>, encoder)
}

/** Rejects that are printed; the file that --rejects names has them all, and so has the registry. */
const printedRejects = 20

async function send(
  job: Omit<Parameters<typeof sendDump>[0], 'onReject'>,
  rejectsFile: string | undefined,
): Promise<number> {
  const file = rejectsFile === undefined ? undefined : createWriteStream(rejectsFile)
  if (file) await once(file, 'open')
  let rejected = 0
  const onReject = (reject: SourceReject) => {
    rejected += 1
    file?.write(`${JSON.stringify(reject)}\n`)
    const { line, field, code } = reject
    if (rejected <= printedRejects) process.stdout.write(`line ${line}: rejected, ${field}: ${code}\n`)
  }
  try {
    const summary = await sendDump({ ...job, onReject })
    process.stdout.write(`${describeSummary(summary)}\n`)
    return summary.feed.state === 'applied' ? 0 : 1
  } finally {
    if (rejected > printedRejects)
      process.stdout.write(`… ${rejected - printedRejects} rejects more; --rejects FILE keeps them all\n`)
    file?.end()
  }
}

process.exitCode = await run()
