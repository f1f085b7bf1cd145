import { type HomeNetwork, parseClaim, type Result, type RowFault, type ShownClaim } from '@pcbs/core'
import { encodeToken, makeOwnerTag, makeToken, type TelcoKey } from '@pcbs/seal'

/** Who stands at the desk, as a case names them: no number and no document. */
export interface Claimant {
  readonly subscription: string
  readonly ownerTag: number
}

/** Turns the number and document that a customer shows into what a case needs, or says which is mistyped. */
export function identifyClaimant(
  key: TelcoKey,
  home: HomeNetwork,
  shown: ShownClaim,
): Result<Claimant, RowFault> {
  const parsed = parseClaim(shown, home)
  if (!parsed.ok) return parsed
  const { msisdn, nationalId } = parsed.value
  return {
    ok: true,
    value: {
      subscription: encodeToken(makeToken(key, 'msisdn', msisdn)),
      ownerTag: makeOwnerTag(key.key, msisdn, nationalId),
    },
  }
}
