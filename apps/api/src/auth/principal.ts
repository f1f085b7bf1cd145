import type { Telco } from '@pcbs/store'

/** Who sends a request. */
export type Principal =
  | {
      readonly kind: 'telco'
      readonly telco: Telco
      readonly scopes: ReadonlySet<string>
    }
  | { readonly kind: 'officer'; readonly officerId: string; readonly scopes: ReadonlySet<string> }
  | { readonly kind: 'public' }

/** How a principal is named in histories and logs. */
export function nameOf(principal: Principal): string {
  switch (principal.kind) {
    case 'telco':
      return `telco:${principal.telco.code}`
    case 'officer':
      return `officer:${principal.officerId}`
    case 'public':
      return 'public'
  }
}
