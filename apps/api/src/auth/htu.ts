/**
 * A DPoP proof's `htu` in the form in which it is compared (RFC 9449 §4.3): without query and fragment, scheme and host in
 * lower case, no default port, no dot segments, escapes as RFC 3986 §6.2.2 writes them, an empty path as `/`.
 * @returns `undefined` for what is no absolute http(s) URI, or names a user
 */
export function normaliseHtu(text: string): string | undefined {
  // The URL standard reads more than RFC 3986 does: spaces, backslashes, missing slashes.
  if (!/^https?:\/\/[^\s\\/?#]/i.test(text) || /[\s\\]/.test(text) || !URL.canParse(text)) return undefined
  const { protocol, host, pathname, username, password } = new URL(withEscapes(text))
  return username || password ? undefined : `${protocol}//${host}${pathname}`
}

/** Every escape in capitals, and none where the character may stand itself (RFC 3986 §6.2.2.1 and §6.2.2.2). */
function withEscapes(text: string): string {
  return text.replace(/%[0-9a-f]{2}/gi, (octet) => {
    const character = String.fromCharCode(Number.parseInt(octet.slice(1), 16))
    return /[A-Za-z0-9._~-]/.test(character) ? character : octet.toUpperCase()
  })
}
