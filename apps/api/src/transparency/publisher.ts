import type { CustodianCaller } from '@pcbs/seal'
import type { RegistryDb } from '@pcbs/store'
import { logOrigin, signCheckpoint } from './checkpoint.ts'
import { sequenceLog } from './sequence.ts'

/** Puts what was written down into the log's order and has the custodian sign how far that is, once at a time. */
export class LogPublisher {
  readonly #db: RegistryDb
  readonly #custodian: CustodianCaller
  readonly #origin: string
  #turn: Promise<unknown> = Promise.resolve()

  constructor(db: RegistryDb, custodian: CustodianCaller, publicUrl: string) {
    this.#db = db
    this.#custodian = custodian
    this.#origin = logOrigin(publicUrl)
  }

  /** Resolves once everything written down before is under a signed checkpoint. */
  publish(): Promise<void> {
    const publishing = this.#turn.then(async () => {
      await sequenceLog(this.#db)
      await signCheckpoint(this.#db, this.#custodian, this.#origin)
    })
    this.#turn = publishing.catch(() => {})
    return publishing
  }
}
