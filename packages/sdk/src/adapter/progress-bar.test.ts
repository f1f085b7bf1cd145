import { expect, test } from 'vitest'
import { describeProgress } from './progress-bar.ts'

const progress = {
  kind: 'pairings',
  phase: 'sending',
  rows: 250_000,
  rejected: 12,
  bytes: 2_048_000,
  partsResumed: 0,
  elapsedMs: 5000,
} as const

test('a progress line says how far a feed is, how fast it goes and how much longer it takes', () => {
  expect(describeProgress({ ...progress, expectedRows: 1_000_000 })).toBe(
    'pairings    █████··············· sending · 25 % · 250000 rows · 12 rejected · 2000 kB · 50000/s · 0:15 left',
  )
})

test('where nobody knows how many rows there are, it promises nothing', () => {
  expect(describeProgress({ ...progress, phase: 'reading', expectedRows: undefined })).toBe(
    'pairings    ···················· reading · 250000 rows · 50000/s',
  )
})
