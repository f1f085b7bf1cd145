import { expect, test } from 'vitest'
import { encodings } from './encodings.ts'
import { Finder } from './finder.ts'

const hex = (forms: readonly Buffer[]) => forms.map((form) => form.toString('hex'))

test('an identifier is written in each encoding as others write it', () => {
  expect(hex(encodings.int64('60123456789'))).toEqual(['1525a3ff0d000000', '0000000dffa32515'])
  // Digits 601, 2345 and 6789, the first worth 10,000 to the second power.
  expect(hex(encodings.numeric('60123456789'))).toEqual(['028059022909851a'])
  expect(hex(encodings.TBCD('60123456789'))).toEqual(['0621436587f9'])
  expect(encodings.base64('60123456789').map(String)).toContain('NjAxMjM0NTY3')
  expect(hex(encodings.MD5('60123456789'))[0]).toHaveLength(32)
})

test('is found wherever it lies, in whichever encoding, and nothing else is', () => {
  const finder = new Finder(['60123456789', 'Aminah binti Ahmad'])
  for (const make of Object.values(encodings))
    for (const text of ['60123456789', 'Aminah binti Ahmad'])
      for (const form of make(text))
        finder.search(Buffer.concat([Buffer.from('before it'), form, Buffer.from('after')]))
  expect(finder.take()).toEqual(finder.expected)
  finder.search(Buffer.from('60123456788 Aminah binti Ahmed NjAxMjM0NTY4'))
  expect(Object.values(finder.take()).every((count) => count === 0)).toBe(true)
  // As a part of a longer base64 text, at every alignment.
  for (const before of ['', 'x', 'xy', 'xyz']) {
    finder.search(Buffer.from(Buffer.from(`${before}60123456789;`).toString('base64')))
    expect(finder.take().base64).toBe(1)
  }
})
