import { afterEach, expect, test } from 'vitest'
import { type NrfEvent, registerAtNrf } from '../src/nrf/registration.ts'
import type { NrfSettings } from '../src/nrf/settings.ts'
import { type SmallNrf, startSmallNrf } from './small-nrf.ts'

const instanceId = '7f1b7c9e-6f0c-4a44-9a57-0f3b3e6c1a55'
const settings = {
  ca: undefined,
  instanceId,
  address: { ipv4Address: '192.0.2.7' },
  port: 4101,
  scheme: 'http',
  priority: 1,
  capacity: 100,
  isTokenRequired: true,
} as const satisfies Omit<NrfSettings, 'url'>

let nrf: SmallNrf
afterEach(() => nrf.stop())

test('an edge registers as 5G_EIR, keeps its heart beating, comes back when it was forgotten, and takes leave', async () => {
  nrf = await startSmallNrf()
  const events: NrfEvent[] = []
  const first = nrf.next('PUT')
  const registration = registerAtNrf({ ...settings, url: nrf.url }, (event) => events.push(event))
  const { path, contentType, body } = await first
  expect(path).toBe(`/nnrf-nfm/v1/nf-instances/${instanceId}`)
  expect(contentType).toBe('application/json')
  const service = {
    serviceName: 'n5g-eir-eic',
    versions: [{ apiVersionInUri: 'v1', apiFullVersion: '1.2.0' }],
    scheme: 'http',
    nfServiceStatus: 'REGISTERED',
    ipEndPoints: [{ ipv4Address: '192.0.2.7', transport: 'TCP', port: 4101 }],
    oauth2Required: true,
  }
  expect(body).toMatchObject({
    nfInstanceId: instanceId,
    nfType: '5G_EIR',
    nfStatus: 'REGISTERED',
    ipv4Addresses: ['192.0.2.7'],
    nfServices: [service],
  })
  expect(await nrf.next('PATCH')).toMatchObject({
    contentType: 'application/json-patch+json',
    body: [{ op: 'replace', path: '/nfStatus', value: 'REGISTERED' }],
  })
  expect(registration.isRegistered).toBe(true)
  const again = nrf.next('PUT')
  nrf.forget()
  await again
  await registration.stop()
  expect(nrf.requests.at(-1)).toMatchObject({ method: 'DELETE', path })
  expect(nrf.instances.size).toBe(0)
  expect(events).toEqual(['nrf_registered', 'nrf_deregistered'])
})

test('an NRF that sends elsewhere is followed', async () => {
  nrf = await startSmallNrf({ isElsewhere: true })
  const registration = registerAtNrf({ ...settings, url: nrf.url }, () => {})
  await nrf.next('PATCH')
  expect(nrf.instances.size).toBe(1)
  expect(nrf.requests.map(({ method, path }) => [method, path.includes('?on=1')])).toContainEqual([
    'PUT',
    true,
  ])
  await registration.stop()
})
