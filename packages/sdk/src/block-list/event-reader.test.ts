import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readEvents } from './event-reader.ts'

test('events are read as they were sent, however they are cut, and half of one is none', async () => {
  const text = fc.string().map((each) => JSON.stringify({ each }))
  await fc.assert(
    fc.asyncProperty(fc.array(text), fc.integer({ min: 1, max: 20 }), text, async (sent, step, cut) => {
      const whole = sent.map((data, index) => `id: ${index}\ndata: ${data}\n\n`).join('')
      const bytes = Buffer.from(`: a comment\n\n${whole}id: 9\ndata: ${cut}`)
      async function* pieces() {
        for (let at = 0; at < bytes.length; at += step) yield bytes.subarray(at, at + step)
      }
      const read: string[] = []
      for await (const data of readEvents(pieces())) read.push(data)
      expect(read).toEqual(sent)
    }),
  )
})
