import type { Schemas } from '@pcbs/contract'
import { decodeManifest, type FeedManifest, isManifestSigned, manifestHash } from '@pcbs/seal'
import type { StoredFeed, StoredManifest, Telco } from '@pcbs/store'
import { Problem } from '../http/problems.ts'

/** A manifest that a telco has signed, and what it says. */
export interface ReadManifest {
  readonly stored: StoredManifest
  readonly hash: string
  readonly content: FeedManifest
}

/**
 * Reads a manifest and checks that this telco signed it.
 * @throws {Problem} `manifest-invalid`
 */
export function readManifest(telco: Telco, signed: Schemas['SignedManifest']): ReadManifest {
  const content = decodeManifest(signed.text)
  if (!content) throw refusal('it is not written as docs/formats.md says.')
  const publicKey = Buffer.from(signed.publicKey, 'base64url')
  if (!telco.publicKeys.some((key) => key.equals(publicKey)))
    throw refusal('its key is not in use for this telco: have the regulator add it.')
  if (!isManifestSigned(signed)) throw refusal('the signature is not that of its key and text.')
  const { text, signature } = signed
  return {
    stored: { text, publicKey, signature: Buffer.from(signature, 'base64url') },
    hash: manifestHash(text),
    content,
  }
}

/**
 * Checks that a manifest is the next of its series and means this feed.
 * @throws {Problem} `manifest-invalid`, naming the line that does not fit
 */
export function checkManifest(
  { content }: ReadManifest,
  telco: Telco,
  feed: StoredFeed,
  previous: string | undefined,
): void {
  const expected: Omit<FeedManifest, 'parts'> = {
    telco: telco.code,
    kind: feed.kind,
    number: feed.number,
    mode: feed.mode,
    periodFrom: feed.periodFrom,
    periodTo: feed.periodTo,
    policyVersion: feed.policyVersion,
    previous,
  }
  for (const [line, value] of Object.entries(expected))
    if (content[line as keyof typeof expected] !== value)
      throw refusal(`its ${line} is not that of the open feed: open the feed again and sign what it says.`)
}

function refusal(detail: string): Problem {
  return new Problem('manifest-invalid', `The manifest was not taken: ${detail}`)
}
