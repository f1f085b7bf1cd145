import { randomBytes, scryptSync, timingSafeEqual } from 'node:crypto'

const hashLength = 32

/** The stored form of a password. */
export function hashPassword(password: string): string {
  const salt = randomBytes(16)
  return `${salt.toString('hex')}:${scryptSync(password, salt, hashLength).toString('hex')}`
}

/** Whether this is the password of a stored form. */
export function isPassword(password: string, stored: string): boolean {
  const [salt = '', hash = ''] = stored.split(':')
  const expected = Buffer.from(hash, 'hex')
  const given = scryptSync(password, Buffer.from(salt, 'hex'), hashLength)
  return expected.length === hashLength && timingSafeEqual(given, expected)
}
