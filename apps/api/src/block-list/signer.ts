import { generateKeyPairSync } from 'node:crypto'
import {
  askCustodian,
  type CustodianCaller,
  type ExportPage,
  encodeExportPage,
  encodeReceipt,
  type FeedReceipt,
  headBytes,
  type ListDelegation,
  rawPublicKey,
  type SignedHead,
  type SignedReceipt,
  type SignedText,
  type SnapshotClaim,
  signBytes,
  snapshotBytes,
} from '@pcbs/seal'
import type { Attendant } from '../workers/supervise.ts'

/** Signs what leaves about the block list, and the registry's receipts. */
export interface ListSigner {
  signHead(seq: number, head: Uint8Array): SignedHead
  /** Signs that the bytes with this digest are the snapshot of a place in the history. */
  signSnapshot(claim: SnapshotClaim): string
  /** Signs a page of an export. */
  signExport(page: ExportPage): SignedText
  signReceipt(receipt: FeedReceipt): SignedReceipt
}

/** Ask for a new delegation when less than this is left of the old one. */
const renewBeforeMs = 24 * 60 * 60 * 1000

/**
 * Makes a key that lives in this process alone and has the custodian vouch for it for some days: signing a
 * change needs no custodian, so blocks take effect while it is down.
 */
export async function createListSigner(
  caller: CustodianCaller,
  now: () => number,
  renewals: Attendant,
): Promise<ListSigner> {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const ask = async (): Promise<ListDelegation> => {
    const answer = await askCustodian(caller, 'delegate_list_key', { publicKey: rawPublicKey(publicKey) })
    return answer.delegation
  }
  let delegation = await ask()
  renewals.worked()
  let renewal: Promise<void> | undefined

  function renewIfDue(): void {
    if (renewal || now() < delegation.notAfterMs - renewBeforeMs) return
    renewal = ask()
      .then((renewed) => {
        delegation = renewed
        renewals.worked()
      })
      // The custodian is away: the delegation is still good, the next signature tries again.
      .catch(renewals.failed)
      .finally(() => {
        renewal = undefined
      })
  }

  function signText(text: string): SignedText {
    renewIfDue()
    return { text, delegation, signature: signBytes(privateKey, Buffer.from(text)) }
  }

  return {
    signHead(seq, head) {
      renewIfDue()
      const statement = { seq, head: Buffer.from(head).toString('hex'), signedAtMs: now() }
      return { ...statement, delegation, signature: signBytes(privateKey, headBytes(statement)) }
    },
    signSnapshot: (claim) => signBytes(privateKey, snapshotBytes(claim)),
    signExport: (page) => signText(encodeExportPage(page)),
    signReceipt: (receipt) => signText(encodeReceipt(receipt)),
  }
}
