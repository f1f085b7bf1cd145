import { createHash, type KeyObject, verify } from 'node:crypto'
import { publicKeyFromRaw, rawPublicKey, signBytes } from '../block-list/signature.ts'

/** What a telco says it sent: one feed, part by part, after the feed before it. */
export interface FeedManifest {
  readonly telco: string
  readonly kind: 'subscribers' | 'pairings'
  readonly number: number
  readonly mode: 'snapshot' | 'delta'
  /** ISO days. */
  readonly periodFrom: string
  readonly periodTo: string
  readonly policyVersion: number
  /** {@link manifestHash} of the series' manifest before this one; `undefined` for the first. */
  readonly previous: string | undefined
  /** In order; the first is part 1. */
  readonly parts: readonly {
    readonly rows: number
    /** SHA-256 of the uncompressed part, hex. */
    readonly digest: string
  }[]
}

/** A manifest with the telco's signature over its text. */
export interface SignedManifest {
  readonly text: string
  /** The signer's Ed25519 public key, 32 raw bytes in base64url. */
  readonly publicKey: string
  /** base64url. */
  readonly signature: string
}

const heading = 'pcbs-feed-manifest-v1'

/** Writes a manifest as the text that is signed: ASCII lines ended by LF. */
export function encodeManifest(manifest: FeedManifest): string {
  const { telco, kind, number, mode, periodFrom, periodTo, policyVersion, previous, parts } = manifest
  const rows = parts.reduce((sum, part) => sum + part.rows, 0)
  const lines = [
    heading,
    `telco ${telco}`,
    `feed ${kind} ${number} ${mode}`,
    `period ${periodFrom} ${periodTo}`,
    `policy ${policyVersion}`,
    `previous ${previous ?? '-'}`,
    `rows ${rows}`,
    `parts ${parts.length}`,
    ...parts.map((part, index) => `part ${index + 1} ${part.rows} ${part.digest}`),
  ]
  return `${lines.join('\n')}\n`
}

const headForm = new RegExp(
  [
    `^${heading}`,
    'telco ([a-z][a-z0-9-]{1,30})',
    'feed (subscribers|pairings) ([1-9][0-9]{0,8}) (snapshot|delta)',
    'period ([0-9-]{10}) ([0-9-]{10})',
    'policy ([1-9][0-9]{0,8})',
    'previous (-|[0-9a-f]{64})',
    'rows [0-9]+',
    'parts [0-9]+\n',
  ].join('\n'),
)
const partForm = /^part [0-9]+ ([1-9][0-9]{0,8}) ([0-9a-f]{64})$/

/** Reads a manifest; `undefined` for any text that {@link encodeManifest} does not write. */
export function decodeManifest(text: string): FeedManifest | undefined {
  const match = headForm.exec(text)
  if (!match) return undefined
  const [head, telco = '', kind, number, mode, periodFrom = '', periodTo = '', policy, previous = ''] = match
  const parts: { rows: number; digest: string }[] = []
  for (const line of text.slice(head.length).split('\n').slice(0, -1)) {
    const [, rows, digest = ''] = partForm.exec(line) ?? []
    if (rows === undefined) return undefined
    parts.push({ rows: Number(rows), digest })
  }
  const manifest: FeedManifest = {
    telco,
    // The pattern admits these words alone.
    kind: kind as FeedManifest['kind'],
    number: Number(number),
    mode: mode as FeedManifest['mode'],
    periodFrom,
    periodTo,
    policyVersion: Number(policy),
    previous: previous === '-' ? undefined : previous,
    parts,
  }
  // Counts, part numbers and line ends must be the ones that belong.
  return encodeManifest(manifest) === text ? manifest : undefined
}

/** SHA-256 of a manifest's text, hex: what the next manifest of its series names. */
export function manifestHash(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** Signs a manifest with the telco's Ed25519 key. */
export function signManifest(manifest: FeedManifest, key: KeyObject): SignedManifest {
  const text = encodeManifest(manifest)
  return { text, publicKey: rawPublicKey(key), signature: signBytes(key, Buffer.from(text)) }
}

/** Whether the signature is that of the key it names. Whose key that is, the caller must know. */
export function isManifestSigned({ text, publicKey, signature }: SignedManifest): boolean {
  const key = publicKeyFromRaw(publicKey)
  return key !== undefined && verify(null, Buffer.from(text), key, Buffer.from(signature, 'base64url'))
}
