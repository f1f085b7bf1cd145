import type { KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { Schemas } from '@pcbs/contract'
import { type FeedManifest, type SignedManifest, signManifest } from '@pcbs/seal'
import { expectAnswer, type RegistryClient } from '../client/client.ts'
import type { LineBatch } from '../encoding/batch-encoder.ts'
import { SdkError } from '../errors.ts'
import { cutParts, type OutgoingPart } from './parts.ts'
import type { FeedKind } from './source-rows.ts'

/** A feed to send. */
export interface FeedJob {
  readonly kind: FeedKind
  readonly mode: 'snapshot' | 'delta'
  /** First and last day on which a row's last use may lie. */
  readonly period: { readonly from: string; readonly to: string }
  readonly policyVersion: number
  /** Generation of the key that tokens are made with; the one in use where left out. */
  readonly tokenEpoch?: number
  /** Rows that are likely to be sent, for whoever watches. */
  readonly expectedRows?: number | undefined
  readonly telco: string
  /** Signs the manifest; the registry must know its public half. */
  readonly privateKey: KeyObject
  /** Hash of the series' last manifest as this telco remembers it. */
  readonly previousManifest: string | undefined
  /** The lines from the beginning; called again when the registry lost parts. */
  readonly batches: () => AsyncIterable<LineBatch>
}

/** How far a feed has come. */
export interface FeedProgress {
  readonly kind: FeedKind
  /** A delta's source is read to its end before anything is sent; a snapshot is sent while it is read. */
  readonly phase: 'reading' | 'sending'
  /** Rows that this phase is likely to have in all, where anybody knows. */
  readonly expectedRows: number | undefined
  readonly rows: number
  readonly rejected: number
  /** Bytes sent, compressed. */
  readonly bytes: number
  /** Parts that the registry had already. */
  readonly partsResumed: number
  readonly elapsedMs: number
}

/** What became of a feed. */
export interface FeedSummary extends FeedProgress {
  readonly feed: Schemas['Feed']
  /** What was signed for it. */
  readonly manifest: SignedManifest
  /** Rows that the source held; more than were sent where only changes were. */
  readonly sourceRows?: number
}

const compress = promisify(gzip)

/** Parts under way at once: enough to hide the network's delay, few enough to keep memory flat. */
const partsInFlight = 4

/** How often a feed is begun anew when parts were lost on the way, as in a crash of the registry's database. */
const rounds = 3

/** Sends a feed as a whole: opens it or goes on with the one under way, sends what is missing, commits. */
export async function sendFeed(
  client: RegistryClient,
  job: FeedJob,
  onProgress: (progress: FeedProgress) => void = () => {},
): Promise<FeedSummary> {
  for (let round = 1; ; round++) {
    try {
      return await sendOnce(client, job, onProgress)
    } catch (error) {
      const isIncomplete =
        error instanceof SdkError && error.problem?.type === 'urn:pcbs:problem:feed-incomplete'
      if (!isIncomplete || round === rounds) throw error
    }
  }
}

async function sendOnce(
  client: RegistryClient,
  job: FeedJob,
  onProgress: (progress: FeedProgress) => void,
): Promise<FeedSummary> {
  const { kind, mode, period, policyVersion, tokenEpoch } = job
  const startedMs = performance.now()
  const opened = expectAnswer(
    await client.POST('/v1/feeds', {
      params: { header: { 'Idempotency-Key': `${kind}-${mode}-${period.from}-${period.to}` } },
      body: {
        kind,
        mode,
        periodFrom: period.from,
        periodTo: period.to,
        policyVersion,
        ...(tokenEpoch !== undefined && { tokenEpoch }),
      },
    }),
  )
  const received = new Map(opened.partsReceived.map(({ part, digest }) => [part, digest]))
  const name = { kind, number: opened.number }
  if (opened.previousManifest !== job.previousManifest)
    throw new SdkError(
      'history-forked',
      `Its last manifest of ${kind} is not the last one that was signed here: have both sides compare their receipts.`,
    )
  const parts: FeedManifest['parts'][number][] = []
  let [rows, rejected, bytes, partsResumed] = [0, 0, 0, 0]
  const progress = (): FeedProgress => ({
    kind,
    phase: 'sending',
    expectedRows: job.expectedRows,
    rows,
    rejected,
    bytes,
    partsResumed,
    elapsedMs: performance.now() - startedMs,
  })

  const inFlight = new Set<Promise<void>>()
  const send = async (part: OutgoingPart) => {
    bytes += await putUndamaged(client, name, part)
    onProgress(progress())
  }
  try {
    for await (const part of cutParts(job.batches())) {
      rows += part.rows
      rejected += part.rejected
      parts.push({ rows: part.rows, digest: part.digest.toString('hex') })
      if (received.get(part.number) === part.digest.toString('hex')) {
        partsResumed += 1
        continue
      }
      const sending: Promise<void> = send(part).finally(() => inFlight.delete(sending))
      inFlight.add(sending)
      if (inFlight.size >= partsInFlight) await Promise.race(inFlight)
    }
    await Promise.all(inFlight)
  } finally {
    // Where the source or a part failed, the others end before whoever called learns of it: none fails unheard later.
    await Promise.allSettled(inFlight)
  }

  const { telco, previousManifest: previous } = job
  const manifest = signManifest(
    {
      telco,
      kind,
      number: opened.number,
      mode,
      periodFrom: period.from,
      periodTo: period.to,
      policyVersion,
      previous,
      parts,
    },
    job.privateKey,
  )
  const feed = expectAnswer(
    await client.POST('/v1/feeds/{kind}/{number}/commit', { params: { path: name }, body: { manifest } }),
  )
  const summary = { ...progress(), feed, manifest }
  onProgress(summary)
  return summary
}

/** How often a part that was damaged on its way is sent. */
const sendings = 5

async function putUndamaged(
  client: RegistryClient,
  name: { kind: FeedKind; number: number },
  part: OutgoingPart,
): Promise<number> {
  for (let sending = 1; ; sending++) {
    try {
      return await putPart(client, name, part)
    } catch (error) {
      const isDamaged =
        error instanceof SdkError && error.problem?.type === 'urn:pcbs:problem:digest-mismatch'
      if (!isDamaged || sending === sendings) throw error
    }
  }
}

async function putPart(
  client: RegistryClient,
  name: { kind: FeedKind; number: number },
  { number, content, digest }: OutgoingPart,
): Promise<number> {
  const compressed = await compress(content, { level: 1 })
  const contentDigest = `sha-256=:${digest.toString('base64')}:`
  expectAnswer(
    await client.PUT('/v1/feeds/{kind}/{number}/parts/{part}', {
      params: { path: { ...name, part: number }, header: { 'Content-Digest': contentDigest } },
      headers: { 'content-type': 'application/vnd.pcbs.feed-part', 'content-encoding': 'gzip' },
      body: compressed as never,
      bodySerializer: (bytes) => bytes,
    }),
  )
  return compressed.length
}
