import { faulty, type SettingsReader } from '../config/settings-reader.ts'

/** Who is told that a phone in use has been blocked. */
export interface DetachSettings {
  /** The operator's webhook. */
  readonly url: string
  /** With it every call is signed. */
  readonly secret: string
  /** Phones whose last SIM is remembered, by each thread, 28 bytes each; the oldest make room. */
  readonly phones: number
}

/**
 * Reads the fields that begin with `detach`; nobody is detached where `detachUrl` is left out.
 * @throws {SdkError} `configuration`, naming the field
 */
export async function readDetachSettings(settings: SettingsReader): Promise<DetachSettings | undefined> {
  const url = settings.url('detachUrl')
  if (url === undefined) return undefined
  const secret = (await settings.file('detachSecret'))?.trim()
  if (!secret || secret.length < 32)
    throw faulty('detachSecret', 'names a file with at least 32 characters, with which calls are signed')
  const phones = settings.wholeNumber('detachPhones', 1_000_000, { from: 1000, to: 100_000_000 })
  return { url, secret, phones }
}
