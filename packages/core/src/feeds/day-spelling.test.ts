import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readDaysAs } from './day-spelling.ts'

describe('a day as a source spells it', () => {
  test.each([
    ['DD/MM/YYYY', '03/07/2026', '2026-07-03'],
    ['MM/DD/YYYY', '07/03/2026', '2026-07-03'],
    ['DD.MM.YYYY', '03.07.2026', '2026-07-03'],
    ['DD-MMM-YYYY', '03-jul-2026', '2026-07-03'],
    ['YYYYMMDD', '20260703', '2026-07-03'],
    ['YYYY-MM-DD hh:mm:ss', '2026-07-03 23:59:59', '2026-07-03'],
  ])('%s: %s is %s', (spelling, text, day) => {
    expect(readDaysAs(spelling)?.(text)).toEqual({ ok: true, value: day })
  })

  test.each([
    ['DD/MM/YYYY', '2026-07-03'],
    ['DD/MM/YYYY', '31/02/2026'],
    ['DD/MM/YYYY', '3/7/2026'],
    ['DD/MM/YYYY', '07/13/2026'],
    ['DD.MM.YYYY', '03/07/2026'],
    ['DD-MMM-YYYY', '03-xyz-2026'],
    ['YYYY-MM-DD hh:mm:ss', '2026-07-03 24:00:00'],
    ['YYYYMMDD', '20260703.0'],
  ])('%s: %s is none', (spelling, text) => {
    expect(readDaysAs(spelling)?.(text)).toEqual({ ok: false, failure: 'day-format' })
  })

  test.each(['', 'YYYY-MM', 'DD/DD/YYYY', 'DD/MM/YY', 'dd/mm/yyyy', 'MM MMM DD YYYY', 'YYYY-MM-DDxhh'])(
    '%s spells no day',
    (spelling) => {
      expect(readDaysAs(spelling)).toBeUndefined()
    },
  )

  test('whatever a row holds is a day or a refusal', () => {
    const read = readDaysAs('DD/MM/YYYY')
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[0-9/]{8,10}$/)), (text) => {
        const day = read?.(text)
        if (day?.ok) expect(day.value).toBe(text.split('/').reverse().join('-'))
      }),
    )
  })
})
