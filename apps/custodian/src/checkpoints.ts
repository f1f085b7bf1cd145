import { readFile } from 'node:fs/promises'
import { type Checkpoint, type CheckpointState, emptyRoot, isConsistent, signCheckpoint } from '@pcbs/seal'
import { replaceFile } from './durable-file.ts'
import type { Keyring } from './keyring.ts'
import { Turns } from './turns.ts'

/**
 * Follows the transparency log: signs a checkpoint only if the log goes on from the last one it signed, and remembers
 * that before it answers. Whoever rewrites the registry's history gets no signature for it.
 */
export class CheckpointSigner {
  readonly #path: string
  readonly #keyring: Keyring
  #last: CheckpointState
  readonly #turns = new Turns()

  private constructor(path: string, keyring: Keyring, last: CheckpointState) {
    this.#path = path
    this.#keyring = keyring
    this.#last = last
  }

  /**
   * Goes on from what was signed last.
   * @throws {Error} when the file is there and cannot be read: starting over would let history be rewritten
   */
  static async open(path: string, keyring: Keyring): Promise<CheckpointSigner> {
    const text = await readFile(path, 'utf8').catch((error: { code?: string }) => {
      if (error.code === 'ENOENT') return undefined
      throw error
    })
    const start: CheckpointState = { size: 0, root: emptyRoot.toString('base64') }
    return new CheckpointSigner(
      path,
      keyring,
      text === undefined ? start : (JSON.parse(text) as CheckpointState),
    )
  }

  get last(): CheckpointState {
    return this.#last
  }

  /** The signed note, or `undefined` where the proof does not show that the log goes on from {@link last}. */
  async sign(checkpoint: Checkpoint, proof: readonly Buffer[]): Promise<string | undefined> {
    // One at a time: two signatures for two different logs of one size must not pass each other.
    return this.#turns.take(() => this.#signNext(checkpoint, proof))
  }

  async #signNext(checkpoint: Checkpoint, proof: readonly Buffer[]): Promise<string | undefined> {
    const last = { size: this.#last.size, root: Buffer.from(this.#last.root, 'base64') }
    if (!isConsistent(last, checkpoint, proof)) return undefined
    const next = { size: checkpoint.size, root: checkpoint.root.toString('base64') }
    await replaceFile(this.#path, JSON.stringify(next))
    this.#last = next
    return signCheckpoint(checkpoint, this.#keyring.listRoot.privateKey, await this.#keyring.logKey())
  }
}
