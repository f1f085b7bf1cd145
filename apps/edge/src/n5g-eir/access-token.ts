import { createPublicKey, type KeyObject } from 'node:crypto'
import { jwtVerify } from 'jose'
import type { Refusal } from './problem.ts'
import type { OauthSettings } from './settings.ts'

const scope = 'n5g-eir-eic'
const nfType = '5G_EIR'

/**
 * Signatures of an NRF (RFC 7518 §3.1, RFC 8037 §3.1, RFC 9864 §2.2): all asymmetric ones, none of which can be made with
 * what verifies it.
 */
const algorithms = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
]

/** Clocks of NRF and edge may differ by so many seconds. */
const clockToleranceSeconds = 30

/** Tokens remembered: a core has as many as it has AMFs, and asks thousands of times with each. */
const rememberedTokens = 1000

/** What is wrong with a token. */
export type TokenFault = Extract<Refusal, 'tokenInvalid' | 'scopeInsufficient'>

/** Holds access tokens against what an NRF signs (TS 29.510 §6.3.5.2.4), each once until it expires. */
export class AccessTokens {
  readonly #key: KeyObject
  readonly #settings: OauthSettings
  /** Until when each is good, epoch milliseconds. */
  readonly #good = new Map<string, number>()

  constructor(settings: OauthSettings) {
    this.#key = createPublicKey(settings.issuerKey)
    this.#settings = settings
  }

  /** Whether a request's Authorization is known to be good; costs next to nothing. */
  isKnown(authorization: string | undefined): boolean {
    const untilMs = authorization === undefined ? undefined : this.#good.get(authorization)
    return untilMs !== undefined && untilMs > Date.now()
  }

  /** Finds what is wrong with a request's Authorization. */
  async findFault(authorization: string | undefined): Promise<TokenFault | undefined> {
    const token = /^Bearer +([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(authorization ?? '')?.[1]
    if (authorization === undefined || token === undefined) return 'tokenInvalid'
    const { issuer } = this.#settings
    const claims = await jwtVerify(token, this.#key, {
      algorithms,
      clockTolerance: clockToleranceSeconds,
      requiredClaims: ['iss', 'sub', 'aud', 'scope', 'exp'],
      ...(issuer !== undefined && { issuer }),
    }).then(
      ({ payload }) => payload,
      () => undefined,
    )
    if (!claims?.exp || !this.#isForUs(claims.aud)) return 'tokenInvalid'
    if (typeof claims.scope !== 'string' || !claims.scope.split(' ').includes(scope))
      return 'scopeInsufficient'
    if (this.#good.size >= rememberedTokens) this.#good.clear()
    this.#good.set(authorization, (claims.exp + clockToleranceSeconds) * 1000)
    return undefined
  }

  /** An audience is a type of NF, or instances by their ids; one alone may stand without an array (RFC 7519 §4.1.3). */
  #isForUs(audience: string | readonly string[] | undefined): boolean {
    const names = typeof audience === 'string' ? [audience] : (audience ?? [])
    return names.some((name) => name === nfType || name.toLowerCase() === this.#settings.instanceId)
  }
}
