/**
 * The value of a parameter of a query; `undefined` where it is absent. The first one counts, as URLSearchParams has it,
 * which costs more than all else of a check: what a core sends has nothing to decode.
 */
export function readParameter(query: string, name: string): string | undefined {
  if (isEncoded(query)) return decoded(query).get(name) ?? undefined
  const at = findParameter(query, name, 0)
  if (at < 0) return undefined
  const [valueAt, end] = [at + name.length + 1, endOf(query, at)]
  return valueAt > end ? '' : query.slice(valueAt, end)
}

/** Whether a parameter stands in a query more than once: which of them is meant nobody can tell. */
export function isRepeated(query: string, name: string): boolean {
  if (isEncoded(query)) return decoded(query).getAll(name).length > 1
  const at = findParameter(query, name, 0)
  return at >= 0 && findParameter(query, name, endOf(query, at) + 1) >= 0
}

/** Where a parameter of this name begins, from a place on; -1 where there is none. */
function findParameter(query: string, name: string, from: number): number {
  for (let at = from; at < query.length; at = endOf(query, at) + 1) {
    const next = query[at + name.length]
    if ((next === '=' || next === '&' || next === undefined) && query.startsWith(name, at)) return at
  }
  return -1
}

function endOf(query: string, at: number): number {
  const next = query.indexOf('&', at)
  return next < 0 ? query.length : next
}

/** Names can be written so too. */
function isEncoded(query: string): boolean {
  return query.includes('%') || query.includes('+')
}

/** A question mark that a query begins with is a part of its first name. */
function decoded(query: string): URLSearchParams {
  return new URLSearchParams(`&${query}`)
}
