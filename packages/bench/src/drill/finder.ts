import { type EncodingName, encodingNames, encodings } from './encodings.ts'

/** Bytes by which patterns are told apart before they are compared whole; shorter ones are not looked for. */
const prefixLength = 6

/** How many identifiers were found, by encoding. */
export type Findings = Readonly<Record<EncodingName, number>>

interface Pattern {
  readonly bytes: Buffer
  readonly encoding: EncodingName
  readonly identifier: number
}

/** Looks for many identifiers in every encoding at once, at every byte. */
export class Finder {
  readonly #patterns = new Map<number, Pattern[]>()
  /** One bit for each hash that some pattern begins with: nearly every place is ruled out by it alone. */
  readonly #filter = new Uint8Array(1 << 21)
  readonly #found = new Map<EncodingName, Set<number>>(encodingNames.map((name) => [name, new Set()]))
  /** Identifiers that can be told in each encoding. */
  readonly expected: Findings

  constructor(identifiers: readonly string[]) {
    const expected = Object.fromEntries(encodingNames.map((name) => [name, 0])) as Record<
      EncodingName,
      number
    >
    for (const [identifier, text] of identifiers.entries())
      for (const encoding of encodingNames) {
        const forms = encodings[encoding](text).filter(({ length }) => length >= prefixLength)
        if (forms.length > 0) expected[encoding] += 1
        for (const bytes of forms) this.#add({ bytes, encoding, identifier })
      }
    this.expected = expected
  }

  #add(pattern: Pattern): void {
    const hash = hashAt(pattern.bytes, 0)
    const known = this.#patterns.get(hash)
    if (known) known.push(pattern)
    else this.#patterns.set(hash, [pattern])
    this.#filter[(hash >>> 3) & 0x1fffff] = (this.#filter[(hash >>> 3) & 0x1fffff] ?? 0) | (1 << (hash & 7))
  }

  /** Looks through bytes. */
  search(bytes: Buffer): void {
    const filter = this.#filter
    for (let at = 0; at <= bytes.length - prefixLength; at++) {
      const hash = hashAt(bytes, at)
      if (((filter[(hash >>> 3) & 0x1fffff] as number) & (1 << (hash & 7))) !== 0)
        this.#compare(bytes, at, hash)
    }
  }

  #compare(bytes: Buffer, at: number, hash: number): void {
    for (const { bytes: pattern, encoding, identifier } of this.#patterns.get(hash) ?? [])
      if (bytes.length - at >= pattern.length && pattern.compare(bytes, at, at + pattern.length) === 0)
        this.#found.get(encoding)?.add(identifier)
  }

  /** What was found since the last time this was asked. */
  take(): Findings {
    const findings = Object.fromEntries(
      encodingNames.map((name) => [name, this.#found.get(name)?.size ?? 0]),
    ) as Record<EncodingName, number>
    for (const identifiers of this.#found.values()) identifiers.clear()
    return findings
  }
}

function hashAt(bytes: Buffer, at: number): number {
  const low =
    (bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24)
  const high = (bytes[at + 4] as number) | ((bytes[at + 5] as number) << 8)
  const mixed = Math.imul(low ^ Math.imul(high, 0x9e3779b1), 0x85ebca6b)
  return (mixed ^ (mixed >>> 15)) >>> 0
}
