/** MyKad place-of-birth codes in use, as inclusive ranges: states, then countries and regions. */
const ranges = [
  [1, 16], // the states and federal territories
  [21, 59], // the same, second series
  [60, 68], // South-East Asian countries
  [71, 72], // born abroad, before the country series
  [74, 79], // China, India, Pakistan, Saudi Arabia, Sri Lanka, Bangladesh
  [82, 93], // state unknown; regions of the world
  [98, 99], // stateless; refugees and unspecified
] as const

/** Every place-of-birth code that a MyKad number may carry in digits 7 and 8. */
export const placeOfBirthCodes: ReadonlySet<number> = new Set(
  ranges.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, index) => first + index)),
)
