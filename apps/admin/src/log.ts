import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import {
  appendToTiles,
  decodeLogEntry,
  hashLeaf,
  nodesFromTiles,
  openCheckpoint,
  publicKeyFromRaw,
  treeRoot,
} from '@pcbs/seal'
import { connectOfficer, expectAnswer } from './api.ts'
import { type Command, CommandError, UsageError } from './command.ts'

/** Entries fetched, and hashed, at a time. */
const pageEntries = 5000

/** `pcbs log export FILE`: every entry and the newest checkpoint, a line of JSON each, the checkpoint first. */
export const exportLog: Command = async ({ words, terminal }) => {
  const [file] = words
  if (!file) throw new UsageError('Say into which file.')
  const api = await connectOfficer(terminal)
  const { note } = expectAnswer(await api.GET('/v1/log/checkpoint'))
  const size = Number(note.split('\n')[1])
  await writeFile(file, `${JSON.stringify({ note })}\n`)
  for (let from = 0; from < size; ) {
    const query = { from, limit: Math.min(pageEntries, size - from) }
    const { items } = expectAnswer(await api.GET('/v1/log/entries', { params: { query } }))
    if (items.length === 0) throw new CommandError(`The registry gave ${from} of ${size} entries.`)
    await writeFile(file, items.map((entry) => `${JSON.stringify(entry)}\n`).join(''), { flag: 'a' })
    from += items.length
  }
  terminal.print(`${size} entries.`)
}

/** `pcbs log verify FILE --registry-key=KEY --origin NAME`: audits an export with nothing but the custodian's key. */
export const verifyLog: Command = async ({ words, options, terminal }) => {
  const [file] = words
  const key = publicKeyFromRaw(options['registry-key'] ?? '')
  if (!file || !key || !options.origin)
    throw new UsageError('Give a file, --registry-key (the custodian’s root) and --origin (the log’s name).')
  const input = createReadStream(file)
  await once(input, 'open').catch(() => {
    throw new CommandError(`There is no file ${file}.`)
  })
  const lines = createInterface({ input })[Symbol.asyncIterator]()
  const { note } = readJson<{ note: string }>((await lines.next()).value)
  if (typeof note !== 'string') throw new CommandError('The file is no export of the log.')
  const checkpoint = openCheckpoint(note, options.origin, key)
  if (!checkpoint)
    throw new CommandError(
      `The checkpoint, of ${note.split('\n', 1)[0]}, is not signed by this key for this log.`,
    )
  const tree = new GrowingTree()
  for await (const line of { [Symbol.asyncIterator]: () => lines }) {
    const { index, content } = readJson<{ index: number; content: string }>(line)
    if (index !== tree.size) throw new CommandError(`Entry ${tree.size} is missing.`)
    if (!decodeLogEntry(content)) throw new CommandError(`Entry ${index} is not written as an entry must be.`)
    await tree.add(content)
  }
  if (tree.size !== checkpoint.size)
    throw new CommandError(`The checkpoint has ${checkpoint.size} entries, the file ${tree.size}.`)
  if (!(await tree.root()).equals(checkpoint.root))
    throw new CommandError(
      'The entries are not those of the checkpoint: at least one was changed, or their order.',
    )
  terminal.print(`${tree.size} entries, all of them those that the custodian signed for.`)
}

function readJson<Content>(line: unknown): Content {
  try {
    return JSON.parse(String(line)) as Content
  } catch {
    throw new CommandError('The file is no export of the log.')
  }
}

/** A tree that takes entries one at a time, in memory that grows by 32 bytes an entry. */
class GrowingTree {
  readonly #tiles = new Map<string, Buffer>()
  #waiting: Buffer[] = []
  #sequenced = 0

  get size(): number {
    return this.#sequenced + this.#waiting.length
  }

  async add(content: string): Promise<void> {
    this.#waiting.push(hashLeaf(Buffer.from(content)))
    if (this.#waiting.length === pageEntries) await this.#sequence()
  }

  async root(): Promise<Buffer> {
    await this.#sequence()
    return treeRoot(nodesFromTiles(this.#readTile), this.#sequenced)
  }

  readonly #readTile = async (level: number, index: number): Promise<Buffer> =>
    this.#tiles.get(`${level}/${index}`) ?? Buffer.alloc(0)

  async #sequence(): Promise<void> {
    const tiles = await appendToTiles(this.#readTile, this.#sequenced, this.#waiting)
    for (const { level, index, hashes } of tiles) this.#tiles.set(`${level}/${index}`, hashes)
    this.#sequenced += this.#waiting.length
    this.#waiting = []
  }
}
