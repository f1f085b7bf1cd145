import { type Imei14, imeiRemedies, parseHumanImei } from '@pcbs/core'
import { Problem } from './problems.ts'

/** The IMEI that a person typed into this field, or a refusal that names the field and the remedy. */
export function readImei(field: string, text: string): Imei14 {
  const parsed = parseHumanImei(text)
  if (parsed.ok) return parsed.value
  const code = parsed.failure
  throw new Problem('request-invalid', 'See errors.', {
    errors: [{ field, code, remedy: imeiRemedies[code] }],
  })
}
