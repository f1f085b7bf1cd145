import { createHash, type KeyObject } from 'node:crypto'
import { type ExportPage, openExportPage, type SignedText } from '@pcbs/seal'
import { expectAnswer, type RegistryClient } from '../client/client.ts'
import { SdkError } from '../errors.ts'

/** A page of the exported list that is what the registry signed. */
export interface VerifiedPage {
  /** CSV with its header line (RFC 4180); docs/formats.md has the columns. */
  readonly text: string
  readonly page: ExportPage
  readonly proof: SignedText
}

/** What to export. */
export interface ExportOptions {
  readonly client: RegistryClient
  readonly telco: string
  /** The custodian's list root. */
  readonly root: KeyObject
  /** The changes after this sequence; the whole list where left out. */
  readonly changesAfter?: number | undefined
}

/**
 * Gives the list, or its changes, page by page. What changes while the whole list is read follows as the changes after the
 * first page's sequence, so that all pages together are the list as of the last page's.
 * @throws {SdkError} `list-invalid` where a page is not the signed one
 */
export async function* exportList(options: ExportOptions): AsyncIterable<VerifiedPage> {
  if (options.changesAfter !== undefined) {
    yield* exportChanges(options, options.changesAfter)
    return
  }
  let firstSeq: number | undefined
  for (let fromImei: string | undefined, hasMore = true; hasMore; ) {
    const answer = await askPage(options, { ...(fromImei !== undefined && { fromImei }) })
    firstSeq ??= answer.page.seq
    yield answer
    fromImei = answer.next?.get('fromImei') ?? undefined
    hasMore = fromImei !== undefined
  }
  yield* exportChanges(options, firstSeq ?? 0)
}

async function* exportChanges(options: ExportOptions, changesAfter: number): AsyncIterable<VerifiedPage> {
  for (let after = changesAfter, hasMore = true; hasMore; ) {
    const answer = await askPage(options, { changesAfter: after })
    if (answer.page.rows > 0 || after === changesAfter) yield answer
    after = answer.page.seq
    hasMore = answer.next !== undefined
  }
}

async function askPage(
  { client, telco, root }: ExportOptions,
  query: { readonly changesAfter?: number; readonly fromImei?: string },
): Promise<VerifiedPage & { readonly next: URLSearchParams | undefined }> {
  const answer = await client.GET('/v1/block-list/export', { params: { query }, parseAs: 'text' })
  const text = expectAnswer(answer) as unknown as string
  const { headers } = answer.response
  const proof = readProof(headers.get('pcbs-proof') ?? '')
  const page = proof && openExportPage(root, proof)
  const kind = query.changesAfter === undefined ? 'full' : 'changes'
  const after = String(query.changesAfter ?? query.fromImei ?? 'start')
  const isAsked =
    page && typeof page !== 'string' && page.telco === telco && page.kind === kind && page.after === after
  if (!proof || !isAsked || !isPage(page, text))
    throw new SdkError('list-invalid', 'A page of the export is not the signed one.')
  const link = /<[^?>]*\?([^>]*)>; rel="next"/.exec(headers.get('link') ?? '')?.[1]
  return { text, page, proof, next: link === undefined ? undefined : new URLSearchParams(link) }
}

/** Whether a text is the page that a statement is about. */
export function isPage({ digest }: ExportPage, text: string): boolean {
  return createHash('sha256').update(text).digest('hex') === digest
}

function readProof(text: string): SignedText | undefined {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString()) as SignedText
  } catch {
    return undefined
  }
}
