import { createSecretKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { SignJWT } from 'jose'
import { afterEach, describe, expect, test } from 'vitest'
import { EdgeList } from '../src/block-list/edge-list.ts'
import type { CheckSettings } from '../src/config/edge-config.ts'
import { ignoredParameters, Lane, makeLane } from '../src/counters/lane.ts'
import { createN5gEirServer, type N5gEirServer } from '../src/n5g-eir/server.ts'
import type { N5gEirSettings } from '../src/n5g-eir/settings.ts'
import { ask, checkPath, openSession } from './http2-client.ts'

const phone = '35209900176148'
const certificate = (name: string) => readFile(new URL(`certificates/${name}.pem`, import.meta.url), 'utf8')
const [ca, serverCertificate, serverKey, clientCertificate, clientKey] = await Promise.all(
  ['ca', 'server', 'server-key', 'client', 'client-key'].map(certificate),
)

const state = { isOverloaded: false }
const said: { unknownDevice: CheckSettings['unknownDevice'] } = { unknownDevice: 'WHITELISTED' }
const list = new EdgeList()
list.apply({ seq: 1, atMs: 0, imei: phone, status: 'PROHIBITED', exceptions: [] })
/** A blocked phone whose owner's SIM is let through. */
const owned = '86012304123450'
const exceptions = [{ telcoId: 1, imsiToken: 'token of 502121234567890' }]
list.apply({ seq: 2, atMs: 0, imei: owned, status: 'PROHIBITED', exceptions })

let running: N5gEirServer | undefined
afterEach(async () => {
  state.isOverloaded = false
  said.unknownDevice = 'WHITELISTED'
  await running?.drain(0)
})

async function serve(settings: Partial<N5gEirSettings> = {}) {
  const whole = { host: '127.0.0.1', port: 0, tls: undefined, oauth: undefined, ...settings }
  const memory = makeLane()
  const context = {
    list,
    settings: said,
    get isOverloaded() {
      return state.isOverloaded
    },
    tokenize: () => (imsi: string) => [`token of ${imsi}`],
    onHit: () => {},
  }
  running = createN5gEirServer(context, new Lane(memory, 'n5g-eir'), whole)
  await once(running.server.listen(0, '127.0.0.1'), 'listening')
  const { port } = running.server.address() as AddressInfo
  return { port, lane: new Lane(memory, 'n5g-eir'), server: running, settings: whole }
}

describe('N5g-eir', () => {
  test('takes what may come with a check', async () => {
    const { port, lane } = await serve()
    const session = await openSession(`http://127.0.0.1:${port}`)
    for (const more of [
      '',
      '&supported-features=',
      '&supported-features=1aF',
      '&something=else',
      '&gpsi=msisdn-60123456789',
    ])
      expect(await ask(session, checkPath(phone, more))).toMatchObject({ body: { status: 'BLACKLISTED' } })
    expect([lane.of('black'), lane.of('error')]).toEqual([5, 0])
    for (const name of ignoredParameters) expect(lane.ignored(name)).toBe(0)
    session.destroy()
  })

  test.each([
    ['supi', ''],
    ['supi', 'imsi-'],
    ['supi', '60123456789'],
    ['supi', 'imsi-5021234567890123'],
    ['supi', 'imsi-1234'],
    ['supi', 'imsi-50212345678x'],
    ['supi', 'IMSI-502121234567890'],
    ['supi', 'suci-0-502-12-0000-0-0-1234567890'],
    ['supi', 'nai-somebody@telco-a.test'],
    ['supi', 'gci-1'],
    ['supi', '%00'],
    ['supi', '%zz%E0%A4%A'],
    ['gpsi', ''],
    ['gpsi', 'junk'],
    ['gpsi', 'msisdn-+60123456789'],
    ['supported-features', 'x'],
    ['supported-features', '-1'],
  ] as const)('of a blocked phone says so whatever stands in %s=%s, and counts it', async (name, value) => {
    const { port, lane } = await serve()
    const session = await openSession(`http://127.0.0.1:${port}`)
    const before = checkPath(phone).replace('?', `?${name}=${value}&`)
    for (const path of [checkPath(phone, `&${name}=${value}`), before])
      expect(await ask(session, path)).toMatchObject({ status: 200, body: { status: 'BLACKLISTED' } })
    expect(ignoredParameters.map((each) => lane.ignored(each))).toEqual(
      ignoredParameters.map((each) => (each === name ? 2 : 0)),
    )
    session.destroy()
  })

  test('of two phones at once is refused, whichever of them is blocked and however they are written', async () => {
    const { port, lane } = await serve()
    const session = await openSession(`http://127.0.0.1:${port}`)
    const other = '49015420323751'
    const queries = [
      [phone, `&pei=${other}`],
      [other, `&pei=${phone}`],
      [phone, `&pei=${phone}`],
      [other, `&supi=imsi-502121234567890&p%65i=imei-${phone}1`],
      [other, '&pei='],
      [other, '&pei'],
    ] as const
    for (const [pei, more] of queries)
      expect(await ask(session, checkPath(pei, more)), more).toMatchObject({
        status: 400,
        body: { cause: 'MANDATORY_QUERY_PARAM_INCORRECT', invalidParams: [{ param: 'pei' }] },
      })
    expect(lane.of('error')).toBe(queries.length)
    session.destroy()
  })

  test.each([
    ['supi', 'imsi-502121234567890'],
    ['gpsi', 'msisdn-60123456789'],
    ['supported-features', '1'],
  ] as const)(
    'ignores %s where it stands twice, counts it, and takes no SIM from it',
    async (name, value) => {
      const { port, lane } = await serve()
      const session = await openSession(`http://127.0.0.1:${port}`)
      const twice = `&${name}=${value}&${name}=${value}`
      expect(await ask(session, checkPath(owned, twice))).toMatchObject({ body: { status: 'BLACKLISTED' } })
      expect(ignoredParameters.map((each) => lane.ignored(each))).toEqual(
        ignoredParameters.map((each) => Number(each === name)),
      )
      const whole = await ask(session, checkPath(owned, '&supi=imsi-502121234567890'))
      expect(whole).toMatchObject({ body: { status: 'WHITELISTED' } })
      session.destroy()
    },
  )

  test('says of equipment without an IMEI what is said of any unknown one', async () => {
    const { port, lane } = await serve()
    const session = await openSession(`http://127.0.0.1:${port}`)
    const others = ['mac-00-00-5E-00-53-00', 'mac-00-00-5e-00-53-ff-untrusted', 'eui-00-00-5E-EF-10-00-00-00']
    for (const pei of others)
      expect(await ask(session, checkPath(pei, '&supi=imsi-502121234567890'))).toMatchObject({
        status: 200,
        body: { status: 'WHITELISTED' },
      })
    said.unknownDevice = 'ERROR_EQUIPMENT_UNKNOWN'
    for (const pei of others)
      expect(await ask(session, checkPath(pei))).toMatchObject({
        status: 404,
        body: { cause: 'ERROR_EQUIPMENT_UNKNOWN' },
      })
    for (const pei of [
      'mac-',
      'mac-00-00-5E-00-53',
      'mac-00-00-5E-00-53-00-00',
      'mac-00-00-5E-00-53-0g',
      'mac-00-00-5E-00-53-00-trusted',
      'eui-00-00-5E-00-53-00',
      'eui-00-00-5E-EF-10-00-00-00-untrusted',
    ])
      expect(await ask(session, checkPath(pei))).toMatchObject({
        status: 400,
        body: { cause: 'MANDATORY_QUERY_PARAM_INCORRECT' },
      })
    expect([lane.of('white'), lane.of('unknown'), lane.of('error')]).toEqual([3, 3, 7])
    session.destroy()
  })

  test('refuses what is too long or too large, and the session goes on', async () => {
    const { port } = await serve()
    const session = await openSession(`http://127.0.0.1:${port}`)
    const long = await ask(session, checkPath(phone, `&gpsi=${'x'.repeat(3000)}`))
    expect(long).toMatchObject({ status: 414, headers: { 'content-type': 'application/problem+json' } })
    const large = await ask(session, checkPath(phone), { 'content-length': '5' }, 'hello')
    expect(large.status).toBe(413)
    // Headers beyond what was agreed on are refused by HTTP/2 itself.
    await expect(ask(session, checkPath(phone), { 'x-large': 'x'.repeat(60_000) })).rejects.toThrow()
    const next = await openSession(`http://127.0.0.1:${port}`)
    expect((await ask(next, checkPath(phone))).status).toBe(200)
    session.destroy()
    next.destroy()
  })

  test('asks to be left alone while it is behind with its work', async () => {
    const { port, lane } = await serve()
    const session = await openSession(`http://127.0.0.1:${port}`)
    state.isOverloaded = true
    expect(await ask(session, checkPath(phone))).toMatchObject({
      status: 503,
      headers: { 'retry-after': '1' },
      body: { cause: 'NF_CONGESTION' },
    })
    expect(lane.of('overload')).toBe(1)
    state.isOverloaded = false
    expect((await ask(session, checkPath(phone))).status).toBe(200)
    session.destroy()
  })

  test('speaks TLS, and to none but those who show a certificate where that is asked for', async () => {
    const files = { certificate: serverCertificate as string, key: serverKey as string }
    const { port, server, settings } = await serve({ tls: { ...files, clientCa: ca } })
    const url = `https://localhost:${port}`
    const shown = { ca, cert: clientCertificate, key: clientKey } as { ca: string; cert: string; key: string }
    const session = await openSession(url, shown)
    expect((await ask(session, checkPath(phone))).body.status).toBe('BLACKLISTED')
    const stranger = openSession(url, { ca: ca as string }).then((open) => ask(open, checkPath(phone)))
    await expect(stranger).rejects.toThrow()
    await expect(
      openSession(`http://localhost:${port}`).then((open) => ask(open, checkPath(phone))),
    ).rejects.toThrow()
    server.reload({ ...settings, tls: { ...files, clientCa: undefined } })
    session.destroy()
  })
})

describe('with access tokens', () => {
  const instanceId = '7f1b7c9e-6f0c-4a44-9a57-0f3b3e6c1a55'
  const good = { iss: 'the-nrf', sub: 'an-amf', aud: '5G_EIR', scope: 'n5g-eir-eic', expiresIn: 60 }
  const elliptic = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve })
  const nrf = elliptic('P-256')
  const stranger = elliptic('P-256')
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const edwards = generateKeyPairSync('ed25519')

  interface Claims extends Partial<Omit<typeof good, 'aud'>> {
    readonly aud?: string | string[]
  }

  async function tokenOf(claims: Claims = {}, key = nrf.privateKey, alg = 'ES256') {
    const { iss, sub, aud, scope, expiresIn } = { ...good, ...claims }
    return new SignJWT({ scope })
      .setProtectedHeader({ alg })
      .setIssuer(iss)
      .setSubject(sub)
      .setAudience(aud)
      .setExpirationTime(Math.floor(Date.now() / 1000) + expiresIn)
      .sign(key)
  }

  /** Serves to holders of this NRF's tokens; gives how one is answered. */
  async function serveHolders(key: KeyObject = nrf.publicKey) {
    const issuerKey = key.export({ type: 'spki', format: 'pem' }) as string
    const { port } = await serve({ oauth: { issuerKey, issuer: 'the-nrf', instanceId } })
    const session = await openSession(`http://127.0.0.1:${port}`)
    const answerTo = async (token?: string) => {
      const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` }
      const { status, headers: answered } = await ask(session, checkPath(phone), headers)
      return [status, answered['www-authenticate']]
    }
    return { answerTo, session }
  }

  const invalid = [401, 'Bearer error="invalid_token"']

  test('a check is answered to who shows one of this NRF for this service, and to nobody else', async () => {
    const { answerTo, session } = await serveHolders()
    const scopes = [await tokenOf(), await tokenOf({ scope: 'nnrf-disc n5g-eir-eic' })]
    for (const token of [...scopes, ...scopes]) expect(await answerTo(token)).toEqual([200, undefined])
    expect(await answerTo()).toEqual(invalid)
    for (const token of [
      'a.b.c',
      await tokenOf({ expiresIn: -100 }),
      await tokenOf({ iss: 'another' }),
      await tokenOf({}, stranger.privateKey),
      `${(await tokenOf()).slice(0, -6)}AAAAAA`,
      'eyJhbGciOiJub25lIn0.eyJzY29wZSI6Im41Zy1laXItZWljIn0.',
    ])
      expect(await answerTo(token)).toEqual(invalid)
    const [status, challenge] = await answerTo(await tokenOf({ scope: 'nudm-sdm' }))
    expect([status, challenge]).toEqual([403, 'Bearer error="insufficient_scope", scope="n5g-eir-eic"'])
    session.destroy()
  })

  test('an audience is this type of NF or this instance, alone or among others, in an array or without', async () => {
    const { answerTo, session } = await serveHolders()
    for (const aud of [
      '5G_EIR',
      instanceId,
      ['5G_EIR'],
      [instanceId],
      ['another', instanceId],
      // A UUID is the same in capitals (RFC 9562 §4).
      instanceId.toUpperCase(),
      ['AMF', '5G_EIR'],
    ])
      expect(await answerTo(await tokenOf({ aud }))).toEqual([200, undefined])
    for (const aud of ['AMF', 'another', [], ['another'], ['AMF', 'UDM'], '', `${instanceId} 5G_EIR`])
      expect(await answerTo(await tokenOf({ aud }))).toEqual(invalid)
    session.destroy()
  })

  test.each([
    ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'].map((alg) => ({ alg, pair: rsa })),
    { alg: 'ES256', pair: nrf },
    { alg: 'ES384', pair: elliptic('P-384') },
    { alg: 'ES512', pair: elliptic('P-521') },
    { alg: 'EdDSA', pair: edwards },
    { alg: 'Ed25519', pair: edwards },
  ])('a signature of $alg is taken, and one with what anybody knows is not', async ({ alg, pair }) => {
    const { answerTo, session } = await serveHolders(pair.publicKey)
    const token = await tokenOf({ aud: [instanceId] }, pair.privateKey, alg)
    expect(await answerTo(token)).toEqual([200, undefined])
    // RFC 8725 §2.1: the public key taken for a shared secret.
    const pem = pair.publicKey.export({ type: 'spki', format: 'pem' }) as string
    const forged = await tokenOf({}, createSecretKey(Buffer.from(pem)), 'HS256')
    expect(await answerTo(forged)).toEqual(invalid)
    session.destroy()
  })
})
