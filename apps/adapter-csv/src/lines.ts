/** A line of text, without its end. */
export interface TextLine {
  /** From 1. */
  readonly number: number
  readonly text: string
}

/** Longer lines are cut: no row is, and a file without line ends must not fill the memory. */
const maxLineLength = 64 * 1024

/** Splits bytes into lines at LF or CRLF. Bytes that are not UTF-8 become replacement characters. */
export async function* readLines(input: AsyncIterable<Uint8Array>): AsyncIterable<TextLine> {
  const decoder = new TextDecoder('utf-8')
  let number = 0
  let rest = ''
  for await (const chunk of input) {
    const pieces = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = (pieces.pop() ?? '').slice(0, maxLineLength)
    for (const piece of pieces) yield { number: ++number, text: withoutReturn(piece) }
  }
  rest += decoder.decode()
  if (rest !== '') yield { number: ++number, text: withoutReturn(rest) }
}

function withoutReturn(text: string): string {
  return text.endsWith('\r') ? text.slice(0, -1) : text
}
