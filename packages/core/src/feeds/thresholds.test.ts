import { expect, test } from 'vitest'
import { type FeedCounts, judgeFeed } from './thresholds.ts'

const clean: FeedCounts = {
  rowsIn: 1000,
  rejected: 50,
  imeiRejects: 50,
  imsiRejects: 50,
  foreignImsis: 100,
  foreignMsisdns: 100,
  leadingZerosLost: 500,
  unblockableImeis: 100,
  datesOutsidePeriod: 0,
  rowsOnBusiestImei: 100_000,
  recentAverageRows: 1000,
}

test('a feed exactly at every limit is applied', () => {
  expect(judgeFeed(clean)).toEqual([])
  expect(judgeFeed({ ...clean, recentAverageRows: undefined })).toEqual([])
})

test.each([
  ['rejectedShare', { rejected: 51 }],
  ['imeiRejectShare', { imeiRejects: 51 }],
  ['imsiRejectShare', { imsiRejects: 51 }],
  ['foreignImsiShare', { foreignImsis: 101 }],
  ['foreignMsisdnShare', { foreignMsisdns: 101 }],
  ['leadingZeroShare', { leadingZerosLost: 501 }],
  ['unblockableImeiShare', { unblockableImeis: 101 }],
  ['shrinkage', { recentAverageRows: 1112 }],
  ['growth', { recentAverageRows: 499 }],
  ['busiestImei', { rowsOnBusiestImei: 100_001 }],
  ['datesOutsidePeriod', { datesOutsidePeriod: 1 }],
] as const)('a feed over %s is quarantined for that alone', (threshold, change) => {
  expect(judgeFeed({ ...clean, ...change }).map((breach) => breach.threshold)).toEqual([threshold])
})

test('a telco’s own limit replaces the default', () => {
  expect(judgeFeed({ ...clean, foreignImsis: 1000 }, { foreignImsiShare: 1 })).toEqual([])
})

test('a share of a handful of rows quarantines nothing', () => {
  const few = {
    ...clean,
    rowsIn: 3,
    rejected: 1,
    imeiRejects: 1,
    imsiRejects: 0,
    foreignImsis: 0,
    foreignMsisdns: 3,
    leadingZerosLost: 0,
    unblockableImeis: 3,
  }
  expect(judgeFeed({ ...few, recentAverageRows: undefined })).toEqual([])
})
