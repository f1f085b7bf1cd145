import {
  connectRegistry,
  createProgressBar,
  encodeSource,
  type FeedSummary,
  fetchTelcoKey,
  type LineBatch,
  ProofArchive,
  readConfiguration,
  readPolicy,
  SdkError,
  type SourceReject,
  type SourceRows,
  sendFeed,
} from '@pcbs/sdk'
import type { DumpRow } from './dump.ts'
import { DumpError } from './errors.ts'
import type { Mapping } from './mapping.ts'

/** What is sent, and as what. */
export interface SendJob {
  readonly configFile: string
  readonly kind: Mapping['kind']
  readonly period: { readonly from: string; readonly to: string }
  readonly rows: AsyncIterable<readonly DumpRow[]>
  /** Hears of every row that is sent as rejected. */
  readonly onReject: (reject: SourceReject) => void
}

/** A dump of pairings says what was used in its period; one of subscribers is all of them. */
const modes = { pairings: 'delta', subscribers: 'snapshot' } as const

/**
 * Sends a dump as one feed. It is committed after its last row: whatever fails before that leaves nothing applied.
 * @throws {DumpError} where the dump cannot be read to its end, or none of its rows is accepted
 */
export async function sendDump({ configFile, kind, period, rows, onReject }: SendJob): Promise<FeedSummary> {
  const configuration = await readConfiguration(configFile)
  const [client, key] = await Promise.all([
    connectRegistry(configuration, ['feeds']),
    fetchTelcoKey(configuration),
  ])
  const { telco, privateKey, stateFolder, listRoot } = configuration
  const { version: policyVersion, home, sealing } = await readPolicy(client, configuration)
  let isRead = false
  const batches = () => {
    if (isRead) throw new SdkError('source-spent', 'Give it on standard input once more.')
    isRead = true
    // The dump was read by the mapping of this kind, so its rows are of this kind.
    const source = rows as AsyncIterable<readonly SourceRows[typeof kind][]>
    return refuseNothing(encodeSource({ kind, home, key, sealing, onReject }, source))
  }
  const archive = new ProofArchive(stateFolder, listRoot)
  await archive.catchUp(client, kind)
  const previousManifest = await archive.lastHash(kind)
  const summary = await sendFeed(
    client,
    { telco, privateKey, previousManifest, kind, mode: modes[kind], period, policyVersion, batches },
    createProgressBar(process.stderr),
  )
  const { feed, manifest } = summary
  if (feed.receipt) await archive.keep(feed, { manifest, receipt: feed.receipt })
  return summary
}

/** A job that feeds nothing must not look like one that fed everything. */
async function* refuseNothing(batches: AsyncIterable<LineBatch>): AsyncIterable<LineBatch> {
  let [rows, accepted] = [0, 0]
  for await (const batch of batches) {
    rows += batch.rows
    accepted += batch.rows - batch.rejected
    yield batch
  }
  if (accepted === 0)
    throw new DumpError('nothing-accepted', `of ${rows} rows none is accepted; see the rejects.`)
}
