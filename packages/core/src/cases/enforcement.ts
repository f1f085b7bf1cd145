/** When an edge first acknowledged a sequence, epoch milliseconds; `undefined` while it has not. */
export interface EdgeAcknowledgement {
  readonly atMs: number | undefined
}

/** What a telco's edges prove of a case. */
export type Enforcement =
  | { readonly isEnforced: false }
  | {
      readonly isEnforced: true
      /** When the last of the edges acknowledged. */
      readonly enforcedAtMs: number
      /** From the decision to the last acknowledgement; 0 where the phone was listed already. */
      readonly tookMs: number
    }

/**
 * Whether a telco enforces what a case decided: every edge of it that is in service acknowledged the sequence since which
 * the list says so. A telco without an edge enforces nothing.
 * @param decidedAtMs when the case was decided
 */
export function decideEnforcement(edges: readonly EdgeAcknowledgement[], decidedAtMs: number): Enforcement {
  const acknowledged = edges.flatMap(({ atMs }) => (atMs === undefined ? [] : [atMs]))
  if (edges.length === 0 || acknowledged.length < edges.length) return { isEnforced: false }
  const enforcedAtMs = Math.max(...acknowledged)
  return { isEnforced: true, enforcedAtMs, tookMs: Math.max(0, enforcedAtMs - decidedAtMs) }
}

/** Where a phone of a case stands on the list. */
export interface PhonePlace {
  readonly isListed: boolean
  /** The sequence since which it stands there without a break; `undefined` where the list never named it. */
  readonly sinceSeq: number | undefined
}

/**
 * The sequence from which on an edge that has it enforces a case: that since which every phone of it stands where the case
 * wants it. `undefined` while one of them does not, as where a later change took it off the list, or another case holds it
 * there.
 */
export function findProvingSequence(
  phones: readonly PhonePlace[],
  isCaseListed: boolean,
): number | undefined {
  const places = phones.map(({ isListed, sinceSeq }) => (isListed === isCaseListed ? sinceSeq : undefined))
  const proven = places.filter((seq) => seq !== undefined)
  return proven.length > 0 && proven.length === places.length ? Math.max(...proven) : undefined
}
