import type { JWK } from 'jose'
import type { ListDelegation } from '../block-list/signature.ts'
import type { SignedStatement } from '../openings/statement.ts'
import type { SealedMessage } from '../sealed/hpke.ts'

/** The audience that every request to a custodian names. */
export const custodianAudience = 'pcbs-custodian'

/** How long a signed request is good for, seconds. */
export const requestLifetimeSeconds = 60

/** What a caller may ask: a telco for its own key, the administration for a policy's signature, the registry for the rest. */
export interface CustodianActions {
  telco_key: {
    readonly request: object
    /** The key in use, and those before it, newest first. */
    readonly answer: WireTelcoKey & { readonly former: readonly WireTelcoKey[] }
  }
  registry_keys: {
    /** Of the generation in use where no epoch is named. */
    readonly request: { readonly telcos: readonly string[]; readonly epoch?: number }
    readonly answer: RegistryKeysAnswer
  }
  delegate_list_key: {
    readonly request: { readonly publicKey: string }
    readonly answer: { readonly delegation: ListDelegation }
  }
  /** Signs a checkpoint of the transparency log, if the log goes on from the last one that was signed. */
  sign_checkpoint: {
    readonly request: {
      readonly origin: string
      readonly size: number
      /** 32 bytes, base64. */
      readonly root: string
      /** From the last checkpoint that the custodian signed, as {@link CheckpointState} gives it; base64. */
      readonly proof: readonly string[]
    }
    /** The signed note. */
    readonly answer: { readonly note: string }
  }
  /** Signs the text of a collection policy. */
  sign_policy: {
    readonly request: { readonly text: string }
    readonly answer: { readonly signature: string }
  }
  /** Releases this custodian's share of one record's key, sealed to the officer who asked. */
  open_record: { readonly request: OpeningEvidence; readonly answer: ReleasedShare }
  /** Refuses from now on to open anything of this subscription. */
  erase_record: { readonly request: WireOwner; readonly answer: object }
  /** Answers where the officer whom it names signed a statement, and refuses otherwise. */
  check_statement: {
    readonly request: {
      readonly type: 'opening-request' | 'opening-approval'
      readonly statement: SignedStatement
    }
    readonly answer: object
  }
  /** Makes the tokens of a number and a document that an officer has before them. */
  claim_tokens: {
    readonly request: { readonly statement: SignedStatement; readonly claim: SealedMessage }
    /** The number's token in its wire form, and its owner's tag, of every generation of keys, newest first. */
    readonly answer: {
      readonly tokens: readonly { readonly subscription: string; readonly ownerTag: number }[]
    }
  }
  /** Which checkpoint was signed last; size 0 before the first. */
  last_checkpoint: { readonly request: object; readonly answer: CheckpointState }
}

/** A telco's token key. */
interface WireTelcoKey {
  readonly epoch: number
  /** 32 bytes, base64url. */
  readonly key: string
}

/** Whose record, on the wire. */
export interface WireOwner {
  readonly telco: string
  /** First-layer token, 16 bytes in base64url. */
  readonly token: string
  readonly epoch: number
}

/** Everything that a custodian must see before it opens a record. */
export interface OpeningEvidence {
  readonly request: SignedStatement
  readonly approval: SignedStatement
  /** That the opening stands in the transparency log. */
  readonly logged: {
    /** The entry `record-opened`. */
    readonly entry: string
    readonly index: number
    /** Base64. */
    readonly hashes: readonly string[]
    /** A checkpoint that the log's custodian signed. */
    readonly note: string
  }
  readonly record: WireOwner & {
    /** base64url. */
    readonly sealed: string
  }
}

/** One custodian's part of a record's key. */
export interface ReleasedShare {
  readonly custodian: string
  readonly share: SealedMessage
}

/** How far the custodian has followed the log. */
export interface CheckpointState {
  readonly size: number
  /** 32 bytes, base64. */
  readonly root: string
}

/** The registry's keys, each 32 bytes in base64url. */
export interface RegistryKeysAnswer {
  readonly epoch: number
  readonly imei: string
  readonly idempotency: string
  /** The second-layer key per telco code. */
  readonly telcos: Readonly<Record<string, string>>
}

/** A name of {@link CustodianActions}. */
export type CustodianAction = keyof CustodianActions

/** The claims of a signed request. The answer is encrypted to `epk`, so a replayed request gives nothing away. */
export interface RequestClaims<Action extends CustodianAction = CustodianAction> {
  readonly action: Action
  readonly body: CustodianActions[Action]['request']
  readonly epk: JWK
}
