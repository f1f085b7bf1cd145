/** Does so many pieces of work at once and gives their results in the order of the pieces. */
export async function* inOrder<Result>(
  pieces: AsyncIterable<() => Promise<Result>>,
  width: number,
): AsyncIterable<Result> {
  const underWay: Promise<Result>[] = []
  for await (const piece of pieces) {
    const result = piece()
    // Awaited in its turn; until then a failure is nobody's.
    result.catch(() => {})
    underWay.push(result)
    if (underWay.length >= width) yield underWay.shift() as Promise<Result>
  }
  yield* underWay
}
