import { createPrivateKey, randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import {
  type Claimant,
  createRegistryClient,
  expectAnswer,
  fetchTelcoKeys,
  identifyClaimant,
  type RegistryClient,
  SdkError,
} from '@pcbs/sdk'
import type { Endpoints } from '../nation/endpoints.ts'
import { simulatedHome } from '../simulator/home.ts'
import type { SimulatedSubscriber } from '../simulator/nation.ts'
import { printedImei } from './cast.ts'

/** A telco's customer desk: files cases for whoever stands at it. */
export class Desk {
  readonly client: RegistryClient
  readonly #identify: (shown: SimulatedSubscriber, tokenEpoch?: number) => Claimant

  private constructor(
    client: RegistryClient,
    identify: (shown: SimulatedSubscriber, tokenEpoch?: number) => Claimant,
  ) {
    this.client = client
    this.#identify = identify
  }

  /** Signs a telco's desk in. */
  static async open(
    { registryUrl, issuerUrl, custodianUrl, telcos }: Endpoints,
    telco: string,
  ): Promise<Desk> {
    const desk = telcos.find(({ code }) => code === telco)?.clients.find(({ id }) => id === `${telco}-desk`)
    if (!desk) throw new Error(`${telco} has no desk`)
    const identity = { clientId: desk.id, privateKey: createPrivateKey(await readFile(desk.keyFile)) }
    const client = await createRegistryClient({ registryUrl, issuerUrl, scopes: desk.scopes, ...identity })
    const keys = await fetchTelcoKeys({ custodianUrl, ...identity })
    return new Desk(client, ({ msisdn, nationalId, issuingCountry }, tokenEpoch) => {
      const key = keys.find(({ epoch }) => epoch === tokenEpoch) ?? keys[0]
      const shown = { msisdn, nationalId, ...(issuingCountry !== undefined && { issuingCountry }) }
      const claimant = identifyClaimant(key, simulatedHome, shown)
      if (!claimant.ok) throw new Error(`${claimant.failure.field}: ${claimant.failure.code}`)
      return claimant.value
    })
  }

  /** Reports a phone stolen. */
  async report(customer: SimulatedSubscriber, imei: string) {
    return expectAnswer(
      await this.client.POST('/v1/cases', {
        params: { header: { 'Idempotency-Key': randomUUID() } },
        body: { imeis: [imei], reason: 'stolen', ...this.#identify(customer) },
      }),
    )
  }

  /** Reports the phone that a network saw, however it spelt its IMEI. */
  async reportPhone(customer: SimulatedSubscriber, networkImei: string) {
    return this.report(customer, printedImei(networkImei))
  }

  /** Moves a case on; the customer who stands at the desk is identified again. */
  async move(
    caseId: string,
    event: 'verify' | 'request_release' | 'release' | 'withdraw',
    customer: SimulatedSubscriber,
  ) {
    const path = { caseId }
    const { tokenEpoch } = expectAnswer(await this.client.GET('/v1/cases/{caseId}', { params: { path } }))
    return expectAnswer(
      await this.client.POST('/v1/cases/{caseId}/events', {
        params: { path, header: { 'Idempotency-Key': randomUUID() } },
        body: { event, ...this.#identify(customer, tokenEpoch) },
      }),
    )
  }

  /** The codes with which the registry refuses this, or none where it does it. */
  async refusalOf(attempt: () => Promise<unknown>): Promise<readonly string[]> {
    try {
      await attempt()
      return []
    } catch (error) {
      if (!(error instanceof SdkError) || !error.problem) throw error
      return error.problem.errors?.map(({ code }) => code) ?? []
    }
  }

  /** Gives back what an earlier telling of the story, broken off, left blocked. */
  async giveBack(imei: string, customer: SimulatedSubscriber): Promise<void> {
    for (const state of ['blocked', 'release_requested'] as const) {
      const page = expectAnswer(
        await this.client.GET('/v1/cases', { params: { query: { state, limit: 1000 } } }),
      )
      for (const { id, imeis } of page.items) {
        if (!imeis.includes(imei)) continue
        if (state === 'blocked') await this.move(id, 'request_release', customer)
        await this.move(id, 'release', customer)
      }
    }
  }
}
