import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createSecureContext, type SecureContextOptions } from 'node:tls'
import { SdkError } from '@pcbs/sdk'
import { tlsOptions } from './tls.ts'

/** Certificate and key of a server, in PEM, and the authority that its clients show certificates of. */
export interface TlsFiles {
  readonly certificate: string
  readonly key: string
  readonly clientCa: string | undefined
}

/** What a client of TLS shows and believes, in PEM; each may be left out. */
export interface ClientTlsFiles {
  readonly certificate: string | undefined
  readonly key: string | undefined
  /** Of whom it speaks to; the machine's own authorities where left out. */
  readonly authority: string | undefined
}

/** Reads an edge's own settings; whatever cannot be meant is refused by the name of its field. */
export class SettingsReader {
  readonly #settings: Readonly<Record<string, string>>

  constructor(settings: Readonly<Record<string, string>>) {
    this.#settings = settings
  }

  /** A text, or `undefined` where it is left out. */
  optional(field: string): string | undefined {
    return this.#settings[field]
  }

  /** A text of this form. */
  text(field: string, fallback: string, { form, words }: { form: RegExp; words: string }): string {
    const value = this.#settings[field] ?? fallback
    if (!form.test(value)) throw faulty(field, words)
    return value
  }

  /** One of these words. */
  oneOf<Word extends string>(field: string, words: readonly [Word, ...Word[]]): Word {
    const value = this.#settings[field] ?? words[0]
    const word = words.find((each) => each === value)
    if (word === undefined) throw faulty(field, `is ${words.join(' or ')}`)
    return word
  }

  /** A whole number between two. */
  wholeNumber(
    field: string,
    fallback: number,
    { from, to }: { readonly from: number; readonly to: number },
  ): number {
    const value = Number(this.#settings[field] ?? fallback)
    if (!Number.isInteger(value) || value < from || value > to)
      throw faulty(field, `is a whole number from ${from} to ${to}`)
    return value
  }

  /** A port. */
  port(field: string, fallback: string | undefined): number {
    const value = Number(this.#settings[field] ?? fallback)
    if (!Number.isInteger(value) || value < 0 || value > 65_535) throw faulty(field, 'is no port')
    return value
  }

  /** A URL of http or https. */
  url(field: string): string | undefined {
    const value = this.#settings[field]
    if (value === undefined) return undefined
    const url = URL.parse(value)
    if (!url || !['http:', 'https:'].includes(url.protocol)) throw faulty(field, 'is no http or https URL')
    return value
  }

  /** What a file holds. */
  async file(field: string): Promise<string | undefined> {
    const path = this.#settings[field]
    if (path === undefined) return undefined
    return readFile(path, 'utf8').catch(() => {
      throw faulty(field, 'names a file that cannot be read')
    })
  }

  /**
   * The files of `<prefix>Certificate` and `<prefix>Key`, which a client shows of itself, and of `<prefix>Ca`, the authority
   * of whom it speaks to.
   */
  async clientTls(prefix: string): Promise<ClientTlsFiles> {
    const fields = [`${prefix}Certificate`, `${prefix}Key`, `${prefix}Ca`] as const
    const [certificate, key, authority] = await Promise.all(fields.map((field) => this.file(field)))
    if ((certificate === undefined) !== (key === undefined))
      throw faulty(fields[0], `and settings.${fields[1]} are given together`)
    if (certificate !== undefined && key !== undefined && !isSecureContext({ cert: certificate, key }))
      throw faulty(fields[0], `and settings.${fields[1]} are not a certificate and its key`)
    if (authority !== undefined && !isCertificate(authority))
      throw faulty(fields[2], 'names a file that holds no certificate')
    return { certificate, key, authority }
  }

  /** The files of `<prefix>Certificate`, `<prefix>Key` and `<prefix>ClientCa`; no TLS where all are left out. */
  async tls(prefix: string): Promise<TlsFiles | undefined> {
    const fields = [`${prefix}Certificate`, `${prefix}Key`, `${prefix}ClientCa`] as const
    const [certificate, key, clientCa] = await Promise.all(fields.map((field) => this.file(field)))
    if (certificate === undefined && key === undefined && clientCa === undefined) return undefined
    if (certificate === undefined || key === undefined)
      throw faulty(fields[0], `and settings.${fields[1]} are given together`)
    const files = { certificate, key, clientCa }
    if (!isSecureContext(tlsOptions(files)))
      throw faulty(fields[0], `and settings.${fields[1]} are not a certificate and its key`)
    if (clientCa !== undefined && !isCertificate(clientCa))
      throw faulty(fields[2], 'names a file that holds no certificate')
    return files
  }
}

/** Whether TLS takes these files: what it does not take would end every thread. */
function isSecureContext(options: SecureContextOptions): boolean {
  try {
    createSecureContext(options)
    return true
  } catch {
    return false
  }
}

/** TLS takes any text for an authority, and then believes nobody. */
function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).subject !== undefined
  } catch {
    return false
  }
}

/** The refusal of a field. */
export function faulty(field: string, fault: string): SdkError {
  return new SdkError('configuration', `settings.${field} ${fault}.`)
}
