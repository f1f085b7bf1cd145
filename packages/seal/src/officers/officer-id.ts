import { createHash } from 'node:crypto'

/**
 * The form of an officer's id wherever it is written: in the log, in statements, in histories. It admits no number and no
 * identity document, since no seven digits stand in a row in it, and no `|` or space that a reader could take for its end.
 */
export const officerIdForm: RegExp = /^[a-z](?!.*[0-9]{7})[a-z0-9._-]{1,60}$/

/** What begins an id that stands for a subject which has not the form itself. No subject is taken as it is that begins so. */
const digestPrefix = 'sub.'

/** OpenID Connect Core 1.0 §2: a subject has at most 255 characters. */
const longestSubject = 255

/**
 * The id of the officer whom an OpenID provider calls `subject` (RFC 7519 §4.1.2). A subject is opaque: a UUID, an e-mail
 * address, `auth0|…`. One that has the form of an id is the id, as it stands; any other is named by a digest of it, `sub.`
 * and 200 bits of SHA-256 in the letters a to p, so that two subjects never share an id, and whatever a provider puts into
 * its subjects, the log holds nothing of it.
 * @returns `undefined` for what is no subject: nothing, more than 255 characters, or text that is not well-formed Unicode
 * @example
 * officerIdOf('officer-1') // 'officer-1'
 * officerIdOf('auth0|507f1f77bcf86cd799439011') // 'sub.' and fifty letters
 */
export function officerIdOf(subject: string): string | undefined {
  if (subject === '' || subject.length > longestSubject || !subject.isWellFormed()) return undefined
  if (officerIdForm.test(subject) && !subject.startsWith(digestPrefix)) return subject
  const digest = createHash('sha256').update(`pcbs-officer-v1\0${subject}`).digest().subarray(0, 25)
  // Letters alone: digits could stand seven in a row, which the form does not admit.
  const letters = digest
    .toString('hex')
    .replace(/./g, (digit) => String.fromCharCode(97 + Number(`0x${digit}`)))
  return `${digestPrefix}${letters}`
}
