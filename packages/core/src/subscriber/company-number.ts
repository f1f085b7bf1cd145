import { withHyphens } from '../text/typed-text.ts'

/** Since 11 October 2019: year of registration, kind of entity (01 to 06), running number. */
const currentForm = /^(?:18|19|20)[0-9]{2}0[1-6][0-9]{6}$/

/** Before: companies, businesses with the letters of their region, limited liability partnerships. */
const formerForm = /^(?:(?:[A-Z]{2})?[0-9]{1,9}-[A-Z]|LLP[0-9]{7}-[A-Z]{3})$/

/**
 * The canonical form of a number of Malaysia's company register: the 12 digits of today, or the older form with a hyphen
 * before its check letter. Of both printed together, `201901000005 (1312525-A)`, it is the first.
 */
export function readCompanyNumber(text: string): string | undefined {
  const [number = '', former] = splitForms(text)
  if (currentForm.test(number) && (former === undefined || formerForm.test(former))) return number
  // The register wrote the same number with zeros in front and without.
  return former === undefined && formerForm.test(number) ? number.replace(/^0+(?=[0-9])/, '') : undefined
}

/** What {@link readCompanyNumber} reads, and older forms without their hyphen: where nothing but a company can be meant. */
export function readTypedCompanyNumber(text: string): string | undefined {
  return readCompanyNumber(text) ?? readCompanyNumber(text.replace(/([0-9]) ?([A-Z])$/i, '$1-$2'))
}

/** The number, and the one in brackets behind it. */
function splitForms(text: string): readonly string[] {
  const match = /^([^()]+?) ?(?:\(([^()]+)\))?$/.exec(withHyphens(text).toUpperCase())
  return (match?.slice(1) ?? []).flatMap((form) => (form === undefined ? [] : [form.replace(/ /g, '')]))
}
