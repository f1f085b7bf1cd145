import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { countedAddress, readTrustedProxies } from './client-address.ts'

describe('the address that is counted', () => {
  test.each([
    ['203.0.113.7', '203.0.113.7'],
    ['203.0.113.7:4711', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['::FFFF:cb00:7107', '203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::9', '2001:db8:1:2::/64'],
    ['2001:DB8:1:2:ffff:ffff:ffff:ffff', '2001:db8:1:2::/64'],
    ['[2001:db8:1:2::9]:443', '2001:db8:1:2::/64'],
    ['[2001:db8:1:2::9]', '2001:db8:1:2::/64'],
    ['2001:db8:1:3::9', '2001:db8:1:3::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['64:ff9b::203.0.113.7', '64:ff9b:0:0::/64'],
  ])('of %s is %s', (text, counted) => {
    expect(countedAddress(text)).toBe(counted)
  })

  test.each(['', 'unknown', '_hidden', '203.0.113', '203.0.113.7.', '2001:db8', '[::1', 'a, b', '1.2.3.4:x'])(
    'is none in %s',
    (text) => {
      expect(countedAddress(text)).toBeUndefined()
    },
  )

  test('is one for the whole network of an IPv6 address, however it is written', () => {
    fc.assert(
      fc.property(fc.ipV6(), fc.string(), (address, noise) => {
        expect(countedAddress(address)).toBe(countedAddress(`[${address}]:1`))
        expect(() => countedAddress(noise)).not.toThrow()
      }),
    )
  })
})

describe('trusted proxies', () => {
  test.each([
    ['', []],
    ['1', 1],
    ['10.0.0.0/8, 2001:db8::/32', ['10.0.0.0/8', '2001:db8::/32']],
    ['loopback,192.0.2.1', ['loopback', '192.0.2.1']],
  ])('are read from %j', (text, expected) => {
    expect(readTrustedProxies(text)).toEqual(expected)
  })

  test.each(['true', '*', '0.0.0.0/0', '::/0', '10.0.0.0/33', '10.0.0/8', 'proxy.example', '-1'])(
    'are none in %j',
    (text) => {
      expect(readTrustedProxies(text)).toBeUndefined()
    },
  )
})
