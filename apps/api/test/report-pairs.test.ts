import { formatImei15, parseNetworkImei } from '@pcbs/core'
import { createDice, type SecondApi } from '@pcbs/dev-nation'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { type Customer, freshKey, startTestSystem, type TestSystem } from './harness.ts'

const one: Customer = { msisdn: '60123456701', nationalId: '900101145678', imsi: '502121234567801' }
const other: Customer = { msisdn: '60123456702', nationalId: '850505105555', imsi: '502121234567802' }
const rounds = 40
const seed = Number(process.env.PCBS_TEST_SEED ?? 20_261_126)

let system: TestSystem
let second: SecondApi
let officer: string

function phoneOf(number: number): string {
  const imei = parseNetworkImei(`35209916${String(number).padStart(6, '0')}`)
  if (!imei.ok) throw new Error('no IMEI')
  return formatImei15(imei.value)
}

beforeAll(async () => {
  system = await startTestSystem(inject('postgresUrl'))
  second = await system.registry.startSecondApi()
  officer = await system.officerToken()
  const phones = Array.from({ length: 2 * rounds }, (_, index) => phoneOf(index + 1))
  await system.feed(
    'telco-a',
    phones.flatMap((imei) => [
      { customer: one, imei },
      { customer: other, imei },
    ]),
  )
})

afterAll(() => system.stop())

async function release(apiUrl: string, caseId: string): Promise<void> {
  const answer = await fetch(`${apiUrl}/v1/cases/${caseId}/events`, {
    method: 'POST',
    headers: { authorization: `Bearer ${officer}`, 'content-type': 'application/json', ...freshKey() },
    body: JSON.stringify({ event: 'release' }),
  })
  if (answer.status !== 201) throw new Error(`release is answered ${answer.status}`)
}

test(`reports of the same phones in opposite order, and a report beside two releases, leave what the cases say (seed ${seed})`, async () => {
  const desk = await system.client('telco-a', 'desk')
  const [mine, theirs] = [await system.claimant('telco-a', one), await system.claimant('telco-a', other)]
  const report = async (claimant: typeof mine, imeis: string[]) => {
    const body = { imeis, reason: 'stolen' as const, ...claimant }
    const { data, response } = await desk.POST('/v1/cases', { params: { header: freshKey() }, body })
    if (data?.state !== 'blocked') throw new Error(`a report is answered ${response.status} ${data?.state}`)
    return data
  }

  async function play(round: number): Promise<void> {
    const [first, last] = [phoneOf(2 * round + 1), phoneOf(2 * round + 2)]
    const dice = createDice(seed, 1, round)
    const [a, b] = await Promise.all([report(mine, [first, last]), report(theirs, [last, first])])
    const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
    const [, , c] = await Promise.all([
      later(dice.below(4)).then(() => release(system.registry.apiUrl, a.id)),
      later(dice.below(4)).then(() => release(second.url, b.id)),
      later(dice.below(4)).then(() => report(mine, [last])),
    ])
    const looked = await desk.POST('/v1/block-lookups', { body: { imei: last } })
    expect(looked.data?.holders?.map(({ caseId }) => caseId)).toEqual([c.id])
    expect((await desk.POST('/v1/block-lookups', { body: { imei: first } })).data).toEqual({
      status: 'not blocked',
    })
  }

  let next = 0
  await Promise.all(
    Array.from({ length: 4 }, async () => {
      while (next < rounds) await play(next++)
    }),
  )
  expect((await system.registry.verifyDatabase()).every((line) => line.startsWith('agree'))).toBe(true)
}, 120_000)
