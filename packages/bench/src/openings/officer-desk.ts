import { createPrivateKey, type KeyObject, randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Schemas } from '@pcbs/contract'
import { type RunningRegistry, signInOfficer } from '@pcbs/dev-nation'
import {
  makeSealingKey,
  openReleased,
  type SealedContent,
  type SealingKey,
  signStatement,
  statementHash,
} from '@pcbs/seal'

/** A request, and the key that its answer is sealed to. */
export interface AskedOpening {
  readonly id: string
  readonly requestText: string
  readonly recipient: SealingKey
}

/** The registry's answer: a status, and a body where that is 2xx. */
export interface Answer<Body> {
  readonly status: number
  readonly body: Body | undefined
}

type OfficerName = 'officer-1' | 'officer-2'

/** An officer at work: signed in, with their own key. */
export class OfficerDesk {
  readonly #registry: RunningRegistry
  readonly #officer: OfficerName
  readonly #key: KeyObject
  #token: string

  private constructor(registry: RunningRegistry, officer: OfficerName, key: KeyObject, token: string) {
    this.#registry = registry
    this.#officer = officer
    this.#key = key
    this.#token = token
  }

  /** Signs an officer in. */
  static async open(registry: RunningRegistry, officer: OfficerName): Promise<OfficerDesk> {
    const key = createPrivateKey(await readFile(registry.officerKeyFile(officer)))
    return new OfficerDesk(registry, officer, key, await signIn(registry, officer))
  }

  /** Signs in again: tokens are short-lived. */
  async renew(): Promise<void> {
    this.#token = await signIn(this.#registry, this.#officer)
  }

  /** Asks for the opening of what is sealed of a case's claimant. */
  async request(caseId: string): Promise<AskedOpening | undefined> {
    const { body } = await this.#send<{ record: string }>('GET', `/v1/cases/${caseId}/sealed-record`)
    if (!body) return undefined
    const recipient = makeSealingKey()
    const id = randomUUID()
    const asked = { opening: id, officer: this.#officer, case: caseId, purpose: 'police-warrant' }
    const at = new Date().toISOString()
    const fields = { ...asked, record: body.record, recipient: recipient.publicKey, at }
    const statement = signStatement('opening-request', fields, this.#key)
    const { status } = await this.#send('POST', '/v1/openings', statement)
    return status === 201 ? { id, requestText: statement.text, recipient } : undefined
  }

  /** Approves another officer's request; whether it is approved now, be it by a try whose answer was lost. */
  async approve({ id, requestText }: AskedOpening): Promise<boolean> {
    const at = new Date().toISOString()
    const fields = { opening: id, officer: this.#officer, request: statementHash(requestText), at }
    const statement = signStatement('opening-approval', fields, this.#key)
    const { status } = await this.#send('POST', `/v1/openings/${id}/approval`, statement)
    return status === 201 || status === 409
  }

  /** Fetches an approved opening and reads it. */
  async open({ id, requestText, recipient }: AskedOpening): Promise<Answer<SealedContent>> {
    const { status, body } = await this.#send<Schemas['ReleasedRecord']>('POST', `/v1/openings/${id}/release`)
    return { status, body: body && (await openReleased(body, recipient.privateKey, requestText)) }
  }

  async #send<Body>(method: string, path: string, content?: object): Promise<Answer<Body>> {
    const response = await fetch(`${this.#registry.apiUrl}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.#token}`,
        ...(content && { 'content-type': 'application/json' }),
      },
      body: content ? JSON.stringify(content) : null,
    }).catch(() => undefined)
    if (!response) return { status: 0, body: undefined }
    const text = await response.text().catch(() => '')
    return { status: response.status, body: response.ok ? (JSON.parse(text) as Body) : undefined }
  }
}

function signIn({ issuerUrl, apiUrl, secrets }: RunningRegistry, officer: OfficerName): Promise<string> {
  return signInOfficer({ issuerUrl, apiUrl, officer, password: secrets.officers[officer] })
}
