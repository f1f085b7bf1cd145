import { expect, test } from 'vitest'
import vectors from '../../vectors/feed-part.json' with { type: 'json' }
import { encodePairingLine, encodeSubscriberLine, type RowMark } from './lines.ts'

test.each(vectors.pairings)('a pairing is written as $line', ({ line, version: _, ...said }) => {
  const [mark, imei = '', imsiToken = '', subscriptionToken = '', firstSeen = '', lastSeen = ''] =
    line.split(',')
  const row = { imei, imsiToken, subscriptionToken, firstSeen, lastSeen, ...said }
  expect(encodePairingLine({ mark: mark as Exclude<RowMark, '!'>, ...row })).toBe(`${line}\n`)
})

test.each(vectors.subscribers)('a subscription is written as $line', ({ line, version: _, ...said }) => {
  const [mark, subscriptionToken = ''] = line.split(',')
  expect(encodeSubscriberLine({ mark: mark as Exclude<RowMark, '!'>, subscriptionToken, ...said })).toBe(
    `${line}\n`,
  )
})
