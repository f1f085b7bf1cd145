import type { KeyObject } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline/promises'
import { openExportPage, publicKeyFromRaw, type SignedText } from '@pcbs/seal'
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
  const file = await open(path, 'w', 0o600)
  const proofs = await open(proofsOf(path), 'w', 0o600)
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
  let [pages, rows] = [0, 0]
  for (const statement of statements) {
    const page = openExportPage(root, JSON.parse(statement) as SignedText)
    if (typeof page === 'string') return refuse(pages + 1, page)
    const texts = [header ?? '']
    for (let row = 0; row < page.rows; row++) texts.push(((await lines.next()).value as string) ?? '')
    if (!isPage(page, texts.map((text) => `${text}\r\n`).join(''))) return refuse(pages + 1, 'other rows')
    pages += 1
    rows += page.rows
  }
  if (!(await lines.next()).done) return refuse(pages + 1, 'rows that nobody signed')
  process.stdout.write(`proven: ${rows} rows in ${pages} pages\n`)
  return 0
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
