import { describe, expect, test } from 'vitest'
import { SettingsReader } from '../config/settings-reader.ts'
import { readS13Settings } from './settings.ts'

const whole = {
  s13Port: '3868',
  s13OriginHost: 'eir.epc.mnc012.mcc502.3gppnetwork.org',
  s13OriginRealm: 'epc.mnc012.mcc502.3gppnetwork.org',
}

describe('the settings of S13', () => {
  test('may be left out, and are read where they are there', async () => {
    expect(await readS13Settings(new SettingsReader({ port: '4101' }))).toBeUndefined()
    const settings = await readS13Settings(
      new SettingsReader({ ...whole, s13Peers: 'dra.telco-a.test,mme.telco-a.test' }),
    )
    expect(settings).toMatchObject({ host: '127.0.0.1', port: 3868, tls: undefined })
    expect(settings?.peers).toEqual(['dra.telco-a.test', 'mme.telco-a.test'])
  })

  test.each([
    ['s13Port', { s13Port: 'x' }],
    ['s13OriginHost', { s13OriginHost: 'eir' }],
    ['s13OriginRealm', { s13OriginRealm: '' }],
    ['s13Peers', { s13Peers: 'dra.telco-a.test,-' }],
    ['s13Certificate', { s13Certificate: 'a.pem' }],
    ['s13Certificate', { s13Certificate: '/nowhere/a.pem', s13Key: '/nowhere/b.pem' }],
  ])('that cannot be meant are refused by name: %s', async (field, given) => {
    const reading = readS13Settings(new SettingsReader({ ...whole, ...given }))
    await expect(reading).rejects.toMatchObject({ code: 'configuration' })
    await expect(reading).rejects.toThrow(`settings.${field}`)
  })
})
