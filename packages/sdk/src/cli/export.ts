import type { KeyObject } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, readFile, rename } from 'node:fs/promises'
import { createInterface } from 'node:readline/promises'
import { type ExportPage, openExportPage, publicKeyFromRaw, type SignedText } from '@pcbs/seal'
import { readConfiguration } from '../adapter/configuration.ts'
import { connectRegistry } from '../adapter/session.ts'
import { exportList, isPage } from '../block-list/export.ts'
import { SdkError } from '../errors.ts'

/** What `export` and `verify-export` are told. */
export interface ExportInput {
  readonly configFile: string
  readonly target: string | undefined
  readonly changesAfter: string | undefined
  readonly registryKey: string | undefined
}

const proofsOf = (file: string) => `${file}.proofs`

/** Writes the list, or its changes, to a CSV file, and beside it the registry's signed statement of each page. */
export async function exportToFile({ configFile, target, changesAfter }: ExportInput): Promise<number> {
  const path = requireFile(target)
  const configuration = await readConfiguration(configFile)
  const after = changesAfter === undefined ? undefined : Number(changesAfter)
  if (after !== undefined && !Number.isSafeInteger(after))
    throw new SdkError('configuration', '--changes-after takes a sequence number.')
  const client = await connectRegistry(configuration, ['list'])
  const { telco, listRoot: root } = configuration
  // Whole or not at all: beside their places until everything is there.
  const [asideFile, asideProofs] = [`${path}.new`, `${proofsOf(path)}.new`]
  const file = await open(asideFile, 'w', 0o600)
  const proofs = await open(asideProofs, 'w', 0o600)
  let [rows, seq, isFirst] = [0, 0, true]
  try {
    for await (const { text, page, proof } of exportList({ client, telco, root, changesAfter: after })) {
      // One header line for all pages.
      await file.write(isFirst ? text : text.slice(text.indexOf('\n') + 1))
      await proofs.write(`${JSON.stringify(proof)}\n`)
      isFirst = false
      rows += page.rows
      seq = page.seq
    }
  } finally {
    await Promise.all([file.close(), proofs.close()])
  }
  await rename(asideProofs, proofsOf(path))
  await rename(asideFile, path)
  process.stdout.write(`${rows} rows, up to sequence ${seq}. The next changes: --changes-after ${seq}\n`)
  return 0
}

/** Proves from public keys alone that an exported file is what the registry signed. */
export async function verifyExport({ configFile, target, registryKey }: ExportInput): Promise<number> {
  const path = requireFile(target)
  const root = await readRoot(configFile, registryKey)
  const statements = (await readFile(proofsOf(path), 'utf8')).trimEnd().split('\n')
  const lines = createInterface({ input: createReadStream(path) })[Symbol.asyncIterator]()
  const header = (await lines.next()).value as string | undefined
  const order = new PageOrder()
  let [pages, rows] = [0, 0]
  for (const statement of statements) {
    const page = openExportPage(root, JSON.parse(statement) as SignedText)
    if (typeof page === 'string') return refuse(pages + 1, page)
    const texts: string[] = []
    for (let row = 0; row < page.rows; row++) texts.push(((await lines.next()).value as string) ?? '')
    const whole = [header ?? '', ...texts].map((text) => `${text}\r\n`).join('')
    if (!isPage(page, whole)) return refuse(pages + 1, 'other rows')
    if (!order.take(page, texts.at(-1))) return refuse(pages + 1, 'it does not follow the page before')
    pages += 1
    rows += page.rows
  }
  if (!(await lines.next()).done) return refuse(pages + 1, 'rows that nobody signed')
  if (!order.isWhole) return refuse(pages + 1, 'the changes since the list was read are missing')
  process.stdout.write(
    `proven: ${order.telco}, ${order.begin}, up to sequence ${order.seq}; ${rows} rows in ${pages} pages\n`,
  )
  return 0
}

/** Holds pages to their order: each begins where the one before ended, the changes where the whole list was read. */
class PageOrder {
  telco = ''
  begin = ''
  seq = 0
  #kind: ExportPage['kind'] | undefined
  #next = ''
  /** Of a whole list: the sequence that its changes follow. */
  #listSeq: string | undefined

  /** Whether a page comes next, whose last row is this. */
  take(page: ExportPage, lastRow: string | undefined): boolean {
    const isFirst = this.#kind === undefined
    if (isFirst) {
      this.telco = page.telco
      this.begin = page.kind === 'full' ? 'the whole list' : `changes after ${page.after}`
      if (page.kind === 'full') this.#listSeq = String(page.seq)
    }
    const isOther = page.kind !== this.#kind
    const expected = isFirst
      ? page.kind === 'full'
        ? 'start'
        : page.after
      : isOther
        ? this.#listSeq
        : this.#next
    const isBack = this.#kind === 'changes' && page.kind === 'full'
    if (page.telco !== this.telco || isBack || page.after !== expected) return false
    this.#kind = page.kind
    this.#next = page.kind === 'full' ? (lastRow?.split(',')[1] ?? '') : String(page.seq)
    this.seq = page.seq
    return true
  }

  /** A whole list ends with the changes since it was begun, be they none. */
  get isWhole(): boolean {
    return this.#kind === 'changes'
  }
}

function refuse(page: number, fault: string): number {
  process.stdout.write(`NOT PROVEN: page ${page}: ${fault}\n`)
  return 1
}

function requireFile(target: string | undefined): string {
  if (target === undefined) throw new SdkError('configuration', 'Name the file.')
  return target
}

async function readRoot(configFile: string, registryKey: string | undefined): Promise<KeyObject> {
  if (registryKey === undefined) return (await readConfiguration(configFile)).listRoot
  const key = publicKeyFromRaw(registryKey)
  if (!key) throw new SdkError('configuration', '--registry-key is no Ed25519 public key in base64url.')
  return key
}
