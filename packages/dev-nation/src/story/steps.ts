import { setTimeout as delay } from 'node:timers/promises'
import { expectAnswer } from '@pcbs/sdk'
import type { Endpoints } from '../nation/endpoints.ts'
import { runProgram } from '../processes/child.ts'
import { appModule } from '../system/app-module.ts'
import { castStory } from './cast.ts'
import { Desk } from './desk.ts'
import { checkEquipment } from './edge-check.ts'

/** One step of the story: what is promised, and how it is tried. Throws where it does not hold. */
export interface Step {
  readonly name: string
  /** Returns what was seen. */
  run(): Promise<string>
}

/** How long a block may take to reach an edge before the story says that it did not. */
const patienceMs = 10_000

/** Other people's SIMs, home and foreign. */
const anySims = [undefined, 'imsi-502121234567890', 'imsi-310150123456789'] as const

/** The story of one stolen phone, told to a running nation. */
export async function tellStory(endpoints: Endpoints): Promise<readonly Step[]> {
  const { victim, stolenPhone, otherPhone, stranger } = castStory(endpoints.simulation)
  const desk = await Desk.open(endpoints, 'telco-a')
  await desk.giveBack(stolenPhone, victim)
  let caseId = ''

  /** Asks every edge until all say this of every spelling with every SIM. */
  async function expectEverywhere(status: string): Promise<string> {
    const imei = stolenPhone.slice(0, 14)
    const peis = [`imei-${imei}`, `imei-${stolenPhone}`, `imei-${imei}0`, `imeisv-${imei}78`]
    const deadline = performance.now() + patienceMs
    for (const { code, edgeUrl } of endpoints.telcos)
      for (const pei of peis)
        for (const supi of anySims) {
          let answer = await checkEquipment(edgeUrl, pei, supi)
          while (answer !== status && performance.now() < deadline) {
            await delay(20)
            answer = await checkEquipment(edgeUrl, pei, supi)
          }
          if (answer !== status)
            throw new Error(`${code} answers ${answer} to ${pei.split('-')[0]} with ${pei.length} characters`)
        }
    return `${endpoints.telcos.length} edges × ${peis.length} spellings × ${anySims.length} SIMs say ${status}`
  }

  return [
    {
      name: 'The three telcos sync their feeds',
      run: async () => {
        await Promise.all(endpoints.telcos.map(syncTelco))
        return endpoints.telcos.map(({ code }) => code).join(', ')
      },
    },
    {
      name: 'Before the theft every edge lets the phone in',
      run: () => expectEverywhere('WHITELISTED'),
    },
    {
      name: 'A customer of telco A reports a theft; ownership is proven and the phone is blocked',
      run: async () => {
        const { id, state, review, blastRadius } = await desk.report(victim, stolenPhone)
        if (state !== 'blocked')
          throw new Error(`the case is ${state}: ${review.map(({ code }) => code).join(', ')}`)
        caseId = id
        return `case ${id}, ${blastRadius.subscriptions} subscription affected`
      },
    },
    {
      name: 'All three edges refuse the phone, however its IMEI is spelt and whatever SIM is in it',
      run: () => expectEverywhere('BLACKLISTED'),
    },
    {
      name: 'The enforcement report proves it, telco by telco',
      run: async () => {
        const deadline = performance.now() + patienceMs
        for (;;) {
          const report = expectAnswer(
            await desk.client.GET('/v1/enforcement', { params: { query: { caseId } } }),
          )
          if (report.telcos.every(({ isEnforced }) => isEnforced))
            return report.telcos.map(({ telco, tookMs }) => `${telco} ${tookMs} ms`).join(', ')
          if (performance.now() > deadline) throw new Error('an edge did not acknowledge the block')
          await delay(20)
        }
      },
    },
    {
      name: 'A second person tries to block the customer’s other phone, and is refused',
      run: async () => {
        const { id, state, review } = await desk.report(stranger, otherPhone)
        const codes = await desk.refusalOf(() => desk.move(id, 'verify', stranger))
        await desk.move(id, 'withdraw', stranger)
        if (state !== 'reported' || !codes.includes('ownership-not-proven'))
          throw new Error(`the case became ${state}`)
        return review.map(({ code }) => code).join(', ')
      },
    },
    {
      name: 'The phone is found and released to its owner',
      run: async () => {
        await desk.move(caseId, 'request_release', victim)
        const { state } = await desk.move(caseId, 'release', victim)
        if (state !== 'released') throw new Error(`the case is ${state}`)
        return `case ${caseId.slice(0, 8)} ${state}`
      },
    },
    {
      name: 'All three edges let the phone in again',
      run: () => expectEverywhere('WHITELISTED'),
    },
  ]
}

/** Runs a telco's own adapter once, in a process of its own. */
async function syncTelco({ code, adapterConfiguration }: Endpoints['telcos'][number]): Promise<void> {
  const adapter = await runProgram({
    name: `${code} adapter`,
    module: appModule('adapter-sql'),
    arguments: [adapterConfiguration, '--once'],
    logFile: `${adapterConfiguration}.sync.log`,
    environment: {},
  })
  await adapter.waitFor('synced')
  await adapter.ended
}
