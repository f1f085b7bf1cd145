/** Why a dump is not read at all, by code. Nothing of it is sent then. */
export const dumpErrors = {
  'dump-empty': 'Nothing was read:',
  'header-unusable': 'Nothing was read, since the header is not usable:',
  'gzip-damaged': 'The gzip file is damaged or cut off:',
  'not-text': 'The dump is not text:',
  'quote-open': 'A quotation mark is not closed:',
  'quote-closed': 'Something stands between a closing quotation mark and the next separator:',
  'row-long': 'A row is longer than any row can be, as where a quotation mark is not closed:',
  'nothing-accepted': 'Nothing was sent:',
  mapping: 'The mapping is not usable:',
} as const

/** A key of {@link dumpErrors}. */
export type DumpErrorCode = keyof typeof dumpErrors

/** A dump that cannot be read. The message names places and columns, and holds no value of a row. */
export class DumpError extends Error {
  readonly code: DumpErrorCode

  constructor(code: DumpErrorCode, detail: string) {
    super(`${dumpErrors[code]} ${detail}`)
    this.name = 'DumpError'
    this.code = code
  }
}
