import { createCipheriv } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RowDigests } from './row-digests.ts'

const key = Buffer.from(Array.from({ length: 32 }, (_, place) => place))

function encipher(block: bigint): bigint {
  const bytes = Buffer.from(block.toString(16).padStart(32, '0'), 'hex')
  return BigInt(
    `0x${createCipheriv('aes-256-ecb', key, null).setAutoPadding(false).update(bytes).toString('hex')}`,
  )
}

function double(value: bigint): bigint {
  const shifted = value << 1n
  return shifted >> 128n ? (shifted ^ 0x87n) & ((1n << 128n) - 1n) : shifted
}

/** PMAC1 as the paper writes it, a block at a time. */
function pmac(line: string): string {
  const padded = Buffer.concat([Buffer.from(line), Buffer.from([0x80])])
  const blocks: bigint[] = []
  for (let at = 0; at < padded.length; at += 16)
    blocks.push(BigInt(`0x${padded.toString('hex', at, at + 16).padEnd(32, '0')}`))
  let [offset, sum] = [double(encipher(0n)), 0n]
  for (const block of blocks.slice(0, -1)) {
    sum ^= encipher(block ^ offset)
    offset = double(offset)
  }
  sum ^= (blocks.at(-1) ?? 0n) ^ offset ^ double(offset)
  return encipher(sum).toString(16).padStart(32, '0')
}

describe('digests of rows', () => {
  test('are PMAC1 of each row, however many are made at once', () => {
    const line = fc.string({ unit: 'grapheme', maxLength: 120 }).map((text) => text.replaceAll('\n', ' '))
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 40 }), (lines) => {
        const made = new RowDigests(key).digest(lines.join('\n'), lines.length).toString('hex')
        expect(made).toBe(lines.map(pmac).join(''))
      }),
    )
  })

  test('do not change from one version to the next, or every adapter would send everything anew', () => {
    const made = new RowDigests(key).digest('first\nsecond row, longer than a block', 2).toString('hex')
    expect(made).toBe('b4b9546e1441b709274838dc3a3ba2ed6100775d2400e1275fff5def016df57e')
  })

  test('go on from one batch to the next without what the batch before left behind', () => {
    const digests = new RowDigests(key)
    digests.digest('x'.repeat(500), 1)
    expect(digests.digest('short', 1).toString('hex')).toBe(pmac('short'))
  })
})
