import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeLogEntry } from '../log/entry.ts'
import { encodeStatement } from '../openings/statement.ts'
import { officerIdOf } from './officer-id.ts'

/** Whatever a provider may call somebody. */
const subjects = fc.oneof(
  fc.string({ minLength: 1, maxLength: 255 }),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 80 }).filter((text) => text.isWellFormed()),
  fc.uuid(),
  fc.emailAddress().filter((text) => text.length <= 255),
)

describe('the id of an officer', () => {
  test.each(['officer-1', 'auditor-1', 'siti.aminah', 'a1'])(
    'is the subject itself where that is plain: %s',
    (plain) => {
      expect(officerIdOf(plain)).toBe(plain)
    },
  )

  test('stays what it is, for as long as there are logs', () => {
    expect(officerIdOf('6f1a1e0e-9d0b-4c1c-a3f7-1b2c3d4e5f60')).toBe(
      'sub.ejohakpoajefopkahehlaaonipbhgmnmkbidmefljhnnjjobio',
    )
  })

  test.each([
    '6f1a1e0e-9d0b-4c1c-a3f7-1b2c3d4e5f60',
    'auth0|507f1f77bcf86cd799439011',
    'Officer-1',
    'officer-1 ',
    'a12345678',
    '900101-14-5678',
    'siti@regulator.example',
    'Siti Aminah',
    'مأمور',
    'x'.repeat(255),
    'sub.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
  ])('tells nothing of any other subject: %s', (subject) => {
    const id = officerIdOf(subject)
    expect(id).toMatch(/^sub\.[a-p]{50}$/)
    expect(id).not.toBe(subject)
  })

  test('can be written into the log and signed in a statement, whatever the subject', () => {
    fc.assert(
      fc.property(subjects, (subject) => {
        const officer = officerIdOf(subject) ?? ''
        const session = `sha256:${'ab'.repeat(32)}`
        expect(encodeLogEntry('officer-signed-in', 0, { actor: `officer:${officer}`, session })).toContain(
          officer,
        )
        const fields = { opening: '0f8fad5b-d9cb-469f-a165-70867728950e', officer, request: 'ab'.repeat(32) }
        expect(encodeStatement('opening-approval', { ...fields, at: '2026-11-24T02:31:07.512Z' })).toContain(
          officer,
        )
      }),
    )
  })

  test('is another for another subject', () => {
    fc.assert(
      fc.property(subjects, subjects, (one, other) => {
        expect(officerIdOf(one) === officerIdOf(other)).toBe(one === other)
      }),
    )
    // Whoever is called as another's id is somebody else.
    const id = officerIdOf('Officer-1') ?? ''
    expect(officerIdOf(id)).not.toBe(id)
  })

  test('is none where there is no subject', () => {
    expect(['', 'x'.repeat(256), '\ud800'].map(officerIdOf)).toEqual([undefined, undefined, undefined])
  })
})
