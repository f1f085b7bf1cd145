import type { Schemas } from '@pcbs/contract'

/** Everything that can go wrong between a telco and the registry, by code. */
export const sdkErrors = {
  configuration: 'The configuration is not usable.',
  'registry-refused': 'The registry refused the request.',
  'registry-away': 'The registry does not answer.',
  'custodian-away': 'The custodian gave no key.',
  'token-refused': 'The authorization server gave no token.',
  'policy-invalid':
    'The collection policy is not signed by the custodian, or asks for a form that this version does not make.',
  'list-invalid': 'The block list does not verify; it was not applied.',
  'sync-running': 'Another sync of this telco is running.',
  'receipt-invalid': 'The registry’s receipt does not verify.',
  'log-forked': 'The registry’s transparency log does not go on from what was seen here:',
  'history-forked': 'The registry and this telco do not remember the same feeds.',
  'encoder-failed': 'A thread that encodes rows ended.',
  'source-spent': 'The source can be read only once, and the registry needs it again.',
} as const

/** A key of {@link sdkErrors}. */
export type SdkErrorCode = keyof typeof sdkErrors

/** What the SDK throws. The message holds no personal data. */
export class SdkError extends Error {
  readonly code: SdkErrorCode
  /** The registry's own words, where it refused. */
  readonly problem: Schemas['Problem'] | undefined

  constructor(
    code: SdkErrorCode,
    detail: string,
    options: { cause?: unknown; problem?: Schemas['Problem'] } = {},
  ) {
    super(`${sdkErrors[code]} ${detail}`, { cause: options.cause })
    this.name = 'SdkError'
    this.code = code
    this.problem = options.problem
  }
}
