import { createPrivateKey, randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { listedImei, type RunningRegistry } from '@pcbs/dev-nation'
import { createRegistryClient, expectAnswer, fetchTelcoKey } from '@pcbs/sdk'
import { encodeToken, makeToken } from '@pcbs/seal'

/** The telco of the torture. */
export const telco = 'telco-a'

/** A case of the torture, and how far its officer was told it had come. */
export interface Subject {
  readonly caseId: string
  /** 14 digits each. */
  readonly imeis: readonly string[]
  acknowledgedVersion: number
}

type DeskClient = Awaited<ReturnType<typeof openDesk>>

/** Signs the telco's desk in. */
export async function openDesk(registry: RunningRegistry) {
  const identity = {
    clientId: `${telco}-desk`,
    privateKey: createPrivateKey(await readFile(registry.keyFile(telco, 'desk'))),
  }
  const { apiUrl: registryUrl, issuerUrl, custodianUrl } = registry
  const client = await createRegistryClient({ registryUrl, issuerUrl, scopes: ['cases'], ...identity })
  return { client, key: await fetchTelcoKey({ custodianUrl, ...identity }) }
}

/** Reports phones that nobody was seen with, whose case therefore waits for an officer. */
export async function file(
  { client, key }: DeskClient,
  imeis: readonly string[],
  place: number,
): Promise<string> {
  const subscription = encodeToken(makeToken(key, 'msisdn', String(60_120_000_000 + place)))
  const { id } = expectAnswer(
    await client.POST('/v1/cases', {
      params: { header: { 'Idempotency-Key': randomUUID() } },
      body: { imeis: imeis.map((imei) => `${imei}00`), reason: 'stolen', subscription, ownerTag: 1 },
    }),
  )
  return id
}

/** Pairs of cases: of one phone, of two phones each of which one is the same, of the same two in opposite order. */
export async function fileCases(
  registry: RunningRegistry,
  pairs: number,
): Promise<{ readonly subjects: readonly Subject[]; readonly sims: readonly string[] }> {
  const desk = await openDesk(registry)
  const subjects: Subject[] = []
  for (let pair = 0; pair < pairs; pair++) {
    const [first, shared, last] = [1, 2, 3].map((nth) => listedImei(pair * 3 + nth)) as [
      string,
      string,
      string,
    ]
    const shapes = [
      [[shared], [shared]],
      [
        [first, shared],
        [shared, last],
      ],
      [
        [first, shared],
        [shared, first],
      ],
    ] as const
    for (const imeis of shapes[pair % shapes.length] ?? [])
      subjects.push({ imeis, caseId: await file(desk, imeis, subjects.length), acknowledgedVersion: 1 })
  }
  const sims = ['502121234567891', '502121234567892'].map((imsi) =>
    encodeToken(makeToken(desk.key, 'imsi', imsi)),
  )
  return { subjects, sims }
}
