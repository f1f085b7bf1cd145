import { generateKeyPairSync } from 'node:crypto'
import {
  askCustodian,
  type CustodianCaller,
  encodeReceipt,
  type FeedReceipt,
  headBytes,
  type ListDelegation,
  type ListEntry,
  rawPublicKey,
  type SignedHead,
  type SignedReceipt,
  signBytes,
  snapshotBytes,
} from '@pcbs/seal'

/** Signs what leaves about the block list, and the registry's receipts. */
export interface ListSigner {
  signHead(seq: number, head: Uint8Array): SignedHead
  signSnapshot(head: SignedHead, entries: readonly ListEntry[]): string
  signReceipt(receipt: FeedReceipt): SignedReceipt
}

/** Ask for a new delegation when less than this is left of the old one. */
const renewBeforeMs = 24 * 60 * 60 * 1000

/**
 * Makes a key that lives in this process alone and has the custodian vouch for it for some days: signing a
 * change needs no custodian, so blocks take effect while it is down.
 */
export async function createListSigner(caller: CustodianCaller, now: () => number): Promise<ListSigner> {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const ask = async (): Promise<ListDelegation> => {
    const answer = await askCustodian(caller, 'delegate_list_key', { publicKey: rawPublicKey(publicKey) })
    return answer.delegation
  }
  let delegation = await ask()
  let renewal: Promise<void> | undefined

  function renewIfDue(): void {
    if (renewal || now() < delegation.notAfterMs - renewBeforeMs) return
    renewal = ask()
      .then((renewed) => {
        delegation = renewed
      })
      // The custodian is away: the delegation is still good, the next signature tries again.
      .catch(() => {})
      .finally(() => {
        renewal = undefined
      })
  }

  return {
    signHead(seq, head) {
      renewIfDue()
      const statement = { seq, head: Buffer.from(head).toString('hex'), signedAtMs: now() }
      return { ...statement, delegation, signature: signBytes(privateKey, headBytes(statement)) }
    },
    signSnapshot: (head, entries) => signBytes(privateKey, snapshotBytes(head, entries)),
    signReceipt(receipt) {
      renewIfDue()
      const text = encodeReceipt(receipt)
      return { text, delegation, signature: signBytes(privateKey, Buffer.from(text)) }
    },
  }
}
