/** The Luhn digit that completes these decimal digits (ISO/IEC 7812-1; TS 23.003 annex B.2). */
export function luhnCheckDigit(digits: string): string {
  let sum = 0
  for (let position = 0; position < digits.length; position++) {
    const digit = digits.charCodeAt(digits.length - 1 - position) - 48
    const weighted = position % 2 === 0 ? digit * 2 : digit
    sum += weighted > 9 ? weighted - 9 : weighted
  }
  return String((10 - (sum % 10)) % 10)
}
