import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { SignJWT } from 'jose'
import { afterEach, describe, expect, test } from 'vitest'
import { EdgeList } from '../src/block-list/edge-list.ts'
import { Lane, makeLane } from '../src/counters/lane.ts'
import { createN5gEirServer, type N5gEirServer } from '../src/n5g-eir/server.ts'
import type { N5gEirSettings } from '../src/n5g-eir/settings.ts'
import { ask, checkPath, openSession } from './http2-client.ts'

const phone = '35209900176148'
const certificate = (name: string) => readFile(new URL(`certificates/${name}.pem`, import.meta.url), 'utf8')
const [ca, serverCertificate, serverKey, clientCertificate, clientKey] = await Promise.all(
  ['ca', 'server', 'server-key', 'client', 'client-key'].map(certificate),
)

const state = { isOverloaded: false }
const list = new EdgeList()
list.apply({ seq: 1, atMs: 0, imei: phone, status: 'PROHIBITED', exceptions: [] })

let running: N5gEirServer | undefined
afterEach(async () => {
  state.isOverloaded = false
  await running?.drain(0)
})

async function serve(settings: Partial<N5gEirSettings> = {}) {
  const whole = { host: '127.0.0.1', port: 0, tls: undefined, oauth: undefined, ...settings }
  const memory = makeLane()
  const context = {
    list,
    settings: { unknownDevice: 'WHITELISTED' as const },
    get isOverloaded() {
      return state.isOverloaded
    },
    tokenize: () => undefined,
    onHit: () => {},
  }
  running = createN5gEirServer(context, new Lane(memory, 'n5g-eir'), whole)
  await once(running.server.listen(0, '127.0.0.1'), 'listening')
  const { port } = running.server.address() as AddressInfo
  return { port, lane: new Lane(memory, 'n5g-eir'), server: running, settings: whole }
}

describe('N5g-eir', () => {
  test('takes what may come with a check, and refuses what is no such thing', async () => {
    const { port, lane } = await serve()
    const session = await openSession(`http://127.0.0.1:${port}`)
    for (const more of ['', '&supported-features=', '&supported-features=1aF', '&something=else'])
      expect(await ask(session, checkPath(phone, more))).toMatchObject({ body: { status: 'BLACKLISTED' } })
    expect(await ask(session, checkPath(phone, '&supported-features=x'))).toMatchObject({
      status: 400,
      body: {
        cause: 'OPTIONAL_QUERY_PARAM_INCORRECT',
        invalidParams: [{ param: 'supported-features' }],
      },
    })
    expect([lane.of('black'), lane.of('error')]).toEqual([4, 1])
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
  const nrf = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const instanceId = '7f1b7c9e-6f0c-4a44-9a57-0f3b3e6c1a55'
  const oauth = {
    issuerKey: nrf.publicKey.export({ type: 'spki', format: 'pem' }) as string,
    issuer: 'the-nrf',
    instanceId,
  }
  const good = { iss: 'the-nrf', sub: 'an-amf', aud: '5G_EIR', scope: 'n5g-eir-eic', expiresIn: 60 }

  async function tokenOf(
    claims: Partial<Omit<typeof good, 'aud'>> & { aud?: string | string[] } = {},
    key?: KeyObject,
  ) {
    const { iss, sub, aud, scope, expiresIn } = { ...good, ...claims }
    return new SignJWT({ scope })
      .setProtectedHeader({ alg: 'ES256' })
      .setIssuer(iss)
      .setSubject(sub)
      .setAudience(aud)
      .setExpirationTime(Math.floor(Date.now() / 1000) + expiresIn)
      .sign(key ?? nrf.privateKey)
  }

  test('a check is answered to who shows one of this NRF for this service, and to nobody else', async () => {
    const { port } = await serve({ oauth })
    const session = await openSession(`http://127.0.0.1:${port}`)
    const statusWith = async (token?: string) => {
      const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` }
      const { status, headers: answered } = await ask(session, checkPath(phone), headers)
      return [status, answered['www-authenticate']]
    }
    const scopes = [await tokenOf(), await tokenOf({ scope: 'nnrf-disc n5g-eir-eic' })]
    const audiences = [await tokenOf({ aud: [instanceId, 'another'] })]
    for (const token of [...scopes, ...audiences, ...scopes])
      expect(await statusWith(token)).toEqual([200, undefined])
    const invalid = [401, 'Bearer error="invalid_token"']
    expect(await statusWith()).toEqual(invalid)
    for (const token of [
      'a.b.c',
      await tokenOf({ expiresIn: -100 }),
      await tokenOf({ iss: 'another' }),
      await tokenOf({ aud: 'AMF' }),
      await tokenOf({ aud: ['another'] }),
      await tokenOf({}, stranger.privateKey),
      `${(await tokenOf()).slice(0, -6)}AAAAAA`,
      'eyJhbGciOiJub25lIn0.eyJzY29wZSI6Im41Zy1laXItZWljIn0.',
    ])
      expect(await statusWith(token)).toEqual(invalid)
    const [status, challenge] = await statusWith(await tokenOf({ scope: 'nudm-sdm' }))
    expect([status, challenge]).toEqual([403, 'Bearer error="insufficient_scope", scope="n5g-eir-eic"'])
    session.destroy()
  })
})
