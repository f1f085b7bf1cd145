import { readFile } from 'node:fs/promises'
import { afterEach, describe, expect, test } from 'vitest'
import { SettingsReader } from '../src/config/settings-reader.ts'
import { parseAddress } from '../src/nrf/address.ts'
import { makeProfile } from '../src/nrf/profile.ts'
import { type NrfEvent, registerAtNrf } from '../src/nrf/registration.ts'
import { type NrfSettings, readNrfSettings } from '../src/nrf/settings.ts'
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

let nrf: SmallNrf | undefined
afterEach(async () => {
  await nrf?.stop()
  nrf = undefined
})

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

test('an NRF that is not there is told of with why', async () => {
  nrf = await startSmallNrf()
  const { url } = nrf
  await nrf.stop()
  nrf = undefined
  const told: [NrfEvent, string][] = []
  const registration = registerAtNrf({ ...settings, url }, (...event) => told.push(event))
  await expect.poll(() => told, { timeout: 10_000 }).toEqual([['nrf_away', 'ECONNREFUSED']])
  await registration.stop()
})

test('an edge shows its certificate to an NRF that asks for one, and a newer one without a restart', async () => {
  const pem = (name: string) => readFile(new URL(`certificates/${name}.pem`, import.meta.url), 'utf8')
  const [ca, cert, key, certificate, own] = (await Promise.all(
    ['ca', 'server', 'server-key', 'client', 'client-key'].map(pem),
  )) as [string, string, string, string, string]
  nrf = await startSmallNrf({ tls: { cert, key, ca, requestCert: true, rejectUnauthorized: true } })
  const events: NrfEvent[] = []
  const reasons: string[] = []
  const registration = registerAtNrf({ ...settings, url: nrf.url, ca }, (event, reason) => {
    events.push(event)
    reasons.push(reason)
  })
  await expect.poll(() => events.at(0), { timeout: 10_000 }).toBe('nrf_away')
  expect(reasons.at(0)).toMatch(/^[A-Z][A-Z0-9_]+$/)
  expect(nrf.instances.size).toBe(0)
  registration.reload({ ca, certificate, key: own })
  await nrf.next('PATCH')
  expect(nrf.instances.size).toBe(1)
  expect(events.at(-1)).toBe('nrf_registered')
  await registration.stop()
})

describe('a profile', () => {
  const addressOf = (address: string) => {
    const read = parseAddress(address)
    return read && makeProfile({ ...settings, address: read })
  }

  test.each([
    ['192.0.2.7', { ipv4Addresses: ['192.0.2.7'] }, { ipv4Address: '192.0.2.7' }],
    ['127.0.0.1', { ipv4Addresses: ['127.0.0.1'] }, { ipv4Address: '127.0.0.1' }],
    ['2001:db8::7', { ipv6Addresses: ['2001:db8::7'] }, { ipv6Address: '2001:db8::7' }],
    ['2001:0DB8:0:0:0:0:0:7', { ipv6Addresses: ['2001:db8::7'] }, { ipv6Address: '2001:db8::7' }],
    ['::1', { ipv6Addresses: ['::1'] }, { ipv6Address: '::1' }],
  ])('has the address %s where TS 29.510 wants it', (address, whole, endPoint) => {
    const profile = addressOf(address)
    expect(profile).toMatchObject({ ...whole, nfServices: [{ ipEndPoints: [endPoint] }] })
    expect(profile).not.toHaveProperty('fqdn')
  })

  test('has a name of the DNS as its own and its service’s, and no address', () => {
    const fqdn = 'eir.5gc.mnc012.mcc502.3gppnetwork.org'
    const profile = addressOf(fqdn)
    expect(profile).toMatchObject({
      fqdn,
      nfServices: [{ fqdn, ipEndPoints: [{ transport: 'TCP', port: 4101 }] }],
    })
    expect(profile).not.toHaveProperty('ipv4Addresses')
    expect(profile).not.toHaveProperty('ipv6Addresses')
  })
})

describe('the settings of the NRF', () => {
  const n5gEir = { host: '127.0.0.1', port: 4101, tls: undefined, oauth: undefined }
  const read = (more: Readonly<Record<string, string>>, own: Partial<typeof n5gEir> = {}) =>
    readNrfSettings(
      new SettingsReader({ nrfUrl: 'http://nrf.test', ...more }),
      { ...n5gEir, ...own },
      instanceId,
    )

  test.each([
    ...[
      '0.0.0.0',
      '0.1.2.3',
      '::',
      '0:0:0:0:0:0:0:0',
      '224.0.0.1',
      '239.1.1.1',
      '255.255.255.255',
      'ff02::1',
    ],
    ...['fe80::1', 'fe80::1%eth0', '::ffff:192.0.2.7', '::ffff:0.0.0.0', '[2001:db8::7]', '2001:db8::7/64'],
    ...['169.254.1.1', '240.0.0.1', '254.1.2.3', '::192.0.2.7', '::2', '::1:0', 'fec0::1', 'feff::1'],
    ...['999.1.1.1', '192.0.2', '192.0.2.7.1', '192.0.2.07', '192.0.2.7:4101', '2001:db8', ':::'],
    ...[
      '',
      ' ',
      'eir',
      'localhost',
      'http://eir.test',
      'eir.test/',
      'eir test.org',
      'eir_1.test',
      '-eir.test',
      'a..b',
    ],
  ])('refuse %s, which no profile may carry, by name', async (nfAddress) => {
    await expect(read({ nfAddress })).rejects.toThrow('settings.nfAddress ')
  })

  test.each(['0.0.0.0', '::', 'localhost'])(
    'ask for an address where an edge listens on %s',
    async (host) => {
      await expect(read({}, { host })).rejects.toThrow('settings.nfAddress is needed')
      expect(await read({ nfAddress: '192.0.2.7' }, { host })).toMatchObject({
        address: { ipv4Address: '192.0.2.7' },
      })
    },
  )

  test('refuse what else cannot be meant by the name of its field', async () => {
    const pem = (name: string) => new URL(`certificates/${name}.pem`, import.meta.url).pathname
    for (const [field, more] of [
      ['nfPort', { nfPort: '0' }],
      ['nfPort', { nfPort: '65536' }],
      ['nrfUrl', { nrfUrl: 'http://user:word@nrf.test' }],
      ['nrfUrl', { nrfUrl: 'http://nrf.test/?a=1' }],
      ['nrfUrl', { nrfUrl: 'http://nrf.test/#a' }],
      ['nrfCa', { nrfCa: pem('client-key') }],
      ['nrfCertificate', { nrfCertificate: pem('client') }],
      ['nrfCertificate', { nrfKey: pem('client-key') }],
      ['nrfCertificate', { nrfCertificate: pem('client'), nrfKey: pem('server-key') }],
    ] as const)
      await expect(read(more), JSON.stringify(more)).rejects.toThrow(`settings.${field} `)
    await expect(read({}, { port: 0 })).rejects.toThrow('settings.nfPort is needed')
    const whole = { nrfCertificate: pem('client'), nrfKey: pem('client-key'), nrfCa: pem('ca') }
    expect(await read(whole)).toMatchObject({ ca: expect.stringContaining('BEGIN CERTIFICATE') })
  })
})
