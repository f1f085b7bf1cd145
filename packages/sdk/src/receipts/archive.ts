import type { KeyObject } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Schemas } from '@pcbs/contract'
import { manifestHash, type SignedManifest, type SignedReceipt } from '@pcbs/seal'
import { expectAnswer, type RegistryClient } from '../client/client.ts'
import { SdkError } from '../errors.ts'
import type { FeedKind } from '../feeds/source-rows.ts'
import { remember } from '../remember.ts'
import { describeFault, findProofFault } from './verify.ts'

/** The proof of one feed: what the telco says it sent, and what the registry says became of it. */
export interface FeedProof {
  readonly manifest: SignedManifest
  readonly receipt: SignedReceipt
}

/** Feeds looked back on for receipts that never arrived, or that an officer's decision has replaced. */
const lookBack = 100

/** A telco's own proofs, a file for each feed. They hold no personal data; keep them as long as feeds may be disputed. */
export class ProofArchive {
  readonly #folder: string
  readonly #root: KeyObject

  /** @param root the custodian's root, against which receipts are checked before they are kept */
  constructor(stateFolder: string, root: KeyObject) {
    this.#folder = join(stateFolder, 'receipts')
    this.#root = root
  }

  /** Every proof of a series, oldest first. */
  async read(kind: FeedKind): Promise<readonly FeedProof[]> {
    const names = await readdir(this.#folder).catch(() => [])
    const own = names.filter((name) => name.startsWith(`${kind}-`) && name.endsWith('.json')).toSorted()
    return Promise.all(
      own.map(async (name) => JSON.parse(await readFile(join(this.#folder, name), 'utf8')) as FeedProof),
    )
  }

  /** Hash of the last manifest of a series, which the next must name. */
  async lastHash(kind: FeedKind): Promise<string | undefined> {
    const last = (await this.read(kind)).at(-1)
    return last && manifestHash(last.manifest.text)
  }

  /**
   * Keeps the proof of a feed that was committed.
   * @throws {SdkError} `receipt-invalid`
   */
  async keep({ kind, number }: { kind: FeedKind; number: number }, proof: FeedProof): Promise<void> {
    const fault = findProofFault(proof, { root: this.#root })
    if (fault) throw new SdkError('receipt-invalid', `${kind} ${number}: ${describeFault(fault)}`)
    // Padded, so that text order is feed order.
    const path = join(this.#folder, `${kind}-${String(number).padStart(9, '0')}.json`)
    await remember(path, JSON.stringify(proof, null, 2))
  }

  /** Fetches the proofs that a crash kept from arriving, and those that an officer's decision replaced. */
  async catchUp(client: RegistryClient, kind: FeedKind): Promise<void> {
    const query = { kind, limit: lookBack }
    const { items } = expectAnswer(await client.GET('/v1/feeds', { params: { query } }))
    const known = new Set((await this.read(kind)).map(({ receipt }) => receipt.signature))
    for (const { number, receipt } of items.toReversed()) {
      if (!receipt || known.has(receipt.signature)) continue
      const path = { kind, number }
      const feed = expectAnswer(
        await client.GET('/v1/feeds/{kind}/{number}', { params: { path, query: {} } }),
      )
      await this.keep(path, proofOf(feed))
    }
  }
}

/** The proof that a committed feed is answered with. */
function proofOf({ kind, number, manifest, receipt }: Schemas['Feed']): FeedProof {
  if (!manifest || !receipt) throw new SdkError('receipt-invalid', `${kind} ${number} came without one.`)
  return { manifest, receipt }
}
