/**
 * Reads a `Range` of one piece (RFC 9110 §14.2).
 * @returns first byte and the one behind the last; `undefined` where all is to be sent: no range was asked for, one that
 * is not understood or of several pieces, or of another version than the current
 */
export function readRange(
  total: number,
  range: string | undefined,
  { etag, ifRange }: { readonly etag: string; readonly ifRange: string | undefined },
): readonly [from: number, to: number] | 'unsatisfiable' | undefined {
  if (range === undefined || (ifRange !== undefined && ifRange !== etag)) return undefined
  const [, first = '', last = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(range) ?? []
  if (first === '' && last === '') return undefined
  const from = first === '' ? Math.max(0, total - Number(last)) : Number(first)
  const to = first === '' || last === '' ? total : Math.min(total, Number(last) + 1)
  if (from >= total) return 'unsatisfiable'
  return to > from ? [from, to] : undefined
}
