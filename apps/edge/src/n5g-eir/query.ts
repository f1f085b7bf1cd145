/**
 * The value of a parameter of a query; `undefined` where it is absent. The first one counts, as URLSearchParams has it,
 * which costs more than all else of a check: what a core sends has nothing to decode.
 */
export function readParameter(query: string, name: string): string | undefined {
  for (let at = 0; at <= query.length; ) {
    const next = query.indexOf('&', at)
    const end = next < 0 ? query.length : next
    const equals = query.indexOf('=', at)
    const nameEnd = equals < 0 || equals > end ? end : equals
    if (nameEnd - at === name.length && query.startsWith(name, at))
      return nameEnd === end ? '' : decode(query.slice(nameEnd + 1, end))
    at = end + 1
  }
  return undefined
}

function decode(value: string): string {
  const isPlain = !value.includes('%') && !value.includes('+')
  return isPlain ? value : (new URLSearchParams(`value=${value}`).get('value') ?? '')
}
