/**
 * Marks that are pasted along with a number and that nobody sees: zero-width spaces and joiners, marks of writing
 * direction, soft hyphens, byte order marks (Unicode's Default_Ignorable_Code_Point, UAX #44).
 */
const invisibleMarks = /\p{Default_Ignorable_Code_Point}/gu

/** Every dash, hyphen and minus sign, such as the ones that word processors write for a hyphen-minus. */
const dashes = /\p{Dash}/gu

/** A text with a hyphen-minus for every dash. */
export function withHyphens(text: string): string {
  return text.replace(dashes, '-')
}

/**
 * A text as the person who typed or pasted it sees it: invisible marks taken out, every dash a hyphen-minus, one space
 * where there is any white space, such as a no-break space. Nothing that could be part of a number is touched: digits of
 * other scripts stay what they are, and are refused by the parsers.
 */
export function seenText(text: string): string {
  return withHyphens(text.replace(invisibleMarks, '')).replace(/\s+/g, ' ').trim()
}

const surroundingSpace = /^[ \t\r\n]+|[ \t\r\n]+$/g

/**
 * A field of a machine's row without the ASCII white space around it, as columns of fixed width have it. Every other
 * character counts, seen or not.
 */
export function fieldText(text: string): string {
  return isSpace(text.charCodeAt(0)) || isSpace(text.charCodeAt(text.length - 1))
    ? text.replace(surroundingSpace, '')
    : text
}

function isSpace(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13)
}
