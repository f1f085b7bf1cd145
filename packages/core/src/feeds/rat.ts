/** At most seven: more than any phone and network use, and few enough to keep in a record of fixed length. */
const ratList = /^(?:\d{3}(?:\|\d{3}){0,6})?$/

/**
 * Whether a text lists radio technologies: three-digit RAT types (TS 29.061 §16.4.7.2) joined by `|`, none where the
 * network does not tell.
 */
export function isRatList(text: string): boolean {
  return ratList.test(text)
}
