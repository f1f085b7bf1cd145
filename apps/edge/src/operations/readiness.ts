/** Why an edge is not to be sent checks. */
export type Unreadiness = 'no_list' | 'draining' | 'list_too_old'

/** What is wrong with an edge that answers all the same. */
export type Weakness = 'list_old' | 'keys_missing'

/** What an edge says of itself at `/readyz`. */
export interface Readiness {
  readonly unreadiness: Unreadiness | undefined
  readonly weaknesses: readonly Weakness[]
  /** Since the registry last signed that the list is whole; `undefined` before there is one. */
  readonly listAgeSeconds: number | undefined
}

/** With the registry there the list's age stays below 20 seconds. */
const oldSeconds = 60

/**
 * Whether an edge is to be sent checks. One with an old list is, and says so: the phones that it refuses are refused rightly,
 * and without an EIR a core lets all of them in. Only where the operator has other edges to send them to, and sets a limit,
 * does age make it unready.
 */
export function decideReadiness({
  isStopping,
  isListening,
  listAgeSeconds,
  readyListAgeSeconds,
  hasKeys,
}: {
  readonly isStopping: boolean
  readonly isListening: boolean
  readonly listAgeSeconds: number | undefined
  /** 0 where no list is too old. */
  readonly readyListAgeSeconds: number
  readonly hasKeys: boolean
}): Readiness {
  const age = listAgeSeconds ?? Number.POSITIVE_INFINITY
  const weaknesses = [
    ...(age > oldSeconds ? (['list_old'] as const) : []),
    ...(hasKeys ? [] : (['keys_missing'] as const)),
  ]
  const isTooOld = readyListAgeSeconds > 0 && age > readyListAgeSeconds
  const tooOld = isTooOld ? 'list_too_old' : undefined
  return {
    unreadiness: isStopping ? 'draining' : isListening ? tooOld : 'no_list',
    weaknesses,
    listAgeSeconds,
  }
}
