import { randomBytes } from 'node:crypto'

/** Somebody whose data is planted at a telco, to be looked for afterwards. */
export interface Person {
  readonly msisdn: string
  readonly imsi: string
  readonly nationalId: string
  readonly name: string
  readonly address: string
  readonly imei: string
}

const digits = (length: number) => Array.from(randomBytes(length), (byte) => String(byte % 10)).join('')

/** Makes people, no two alike. Drawn at random: nothing in any file of ours can look like one of them. */
export function makePeople(count: number): readonly Person[] {
  const numbers = new Set<string>()
  while (numbers.size < count) numbers.add(`6011${digits(8)}`)
  return [...numbers].map((msisdn) => {
    const month = String(1 + ((randomBytes(1)[0] ?? 0) % 12)).padStart(2, '0')
    return {
      msisdn,
      imsi: `50212${digits(10)}`,
      nationalId: `8${digits(1)}${month}1514${digits(4)}`,
      name: `Aminah ${randomBytes(6).toString('hex')} binti Ahmad`,
      address: `${digits(4)} Jalan ${randomBytes(6).toString('hex')}, Kuala Lumpur`,
      imei: `35${digits(12)}`,
    }
  })
}

/** What gives a person away. */
export function identifiersOf({ msisdn, imsi, nationalId, name, address }: Person): readonly string[] {
  return [msisdn, imsi, nationalId, name, address]
}
