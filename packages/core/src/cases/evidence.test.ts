import { expect, test } from 'vitest'
import { type Imei14, parseNetworkImei } from '../imei/imei.ts'
import { evidenceOf } from './evidence.ts'
import { decideOwnership } from './ownership.ts'

function parsed(text: string): Imei14 {
  const imei = parseNetworkImei(text)
  if (!imei.ok) throw new Error('an IMEI of the tests is mistyped')
  return imei.value
}

test('that a claimant’s number used an IMEI which many phones share proves nothing, alone or beside their phone', () => {
  const own = [{ telcoId: 1, isClaimants: true, lastSeen: '2026-11-24' }]
  const decide = (...texts: readonly string[]) => {
    const imeis = texts.map(parsed)
    const sightings = evidenceOf(
      imeis,
      imeis.map(() => own),
    )
    return decideOwnership({ sightings, isOwnerTagEqual: true, lookBackFrom: '2026-09-01' }).isProven
  }
  expect(decide('352099001761481')).toBe(true)
  for (const shared of ['000000000000000', '358673013795895', '111111111111119', '004999010640000']) {
    expect(decide(shared)).toBe(false)
    expect(decide('352099001761481', shared)).toBe(false)
  }
})
