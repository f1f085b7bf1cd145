import type { KeyObject } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { decodeManifest, decodeReceipt, publicKeyFromRaw, rawPublicKey } from '@pcbs/seal'
import { readConfiguration } from '../adapter/configuration.ts'
import { SdkError } from '../errors.ts'
import type { FeedKind } from '../feeds/source-rows.ts'
import { ProofArchive } from '../receipts/archive.ts'
import { type CheckedProof, checkSeries, describeFault, type ProofKeys } from '../receipts/verify.ts'

/** What `verify` is asked to check, and against whose keys. */
export interface VerifyInput {
  readonly configFile: string
  /** A state folder; the configuration's own where it is left out. */
  readonly folder: string | undefined
  /** Ed25519 public keys, 32 raw bytes in base64url each, joined by commas. */
  readonly telcoKeys: string | undefined
  readonly registryKey: string | undefined
}

const kinds = ['subscribers', 'pairings'] as const satisfies readonly FeedKind[]

/** Proves from receipts and public keys alone who sent what, and what became of it; prints a line for each feed. */
export async function verifyReceipts(input: VerifyInput): Promise<number> {
  const { folder, keys } = await subjectOf(input)
  const archive = new ProofArchive(folder, keys.root)
  let [feeds, faults] = [0, 0]
  for (const kind of kinds)
    for (const checked of checkSeries(await archive.read(kind), keys)) {
      feeds += 1
      if (checked.fault) faults += 1
      process.stdout.write(`${describeProof(checked)}\n`)
    }
  process.stdout.write(`${feeds} feeds, ${faults === 0 ? 'all proven' : `${faults} not proven`}\n`)
  return faults === 0 && feeds > 0 ? 0 : 1
}

/** With both keys given, no configuration and no private key is read: an auditor has none. */
async function subjectOf(input: VerifyInput): Promise<{ folder: string; keys: ProofKeys }> {
  const { configFile, folder, telcoKeys, registryKey } = input
  if (folder !== undefined && !(await stat(folder).catch(() => undefined)))
    throw new SdkError('configuration', `There is no folder ${folder}.`)
  if (folder !== undefined && telcoKeys !== undefined && registryKey !== undefined)
    return {
      folder,
      keys: { root: readKey(registryKey, '--registry-key'), telcoKeys: telcoKeys.split(',') },
    }
  const configuration = await readConfiguration(configFile)
  return {
    folder: folder ?? configuration.stateFolder,
    keys: {
      root: registryKey === undefined ? configuration.listRoot : readKey(registryKey, '--registry-key'),
      telcoKeys: telcoKeys?.split(',') ?? [rawPublicKey(configuration.privateKey)],
    },
  }
}

function readKey(text: string, option: string): KeyObject {
  const key = publicKeyFromRaw(text)
  if (!key) throw new SdkError('configuration', `${option} is no Ed25519 public key in base64url.`)
  return key
}

function describeProof({ proof, fault }: CheckedProof): string {
  const manifest = decodeManifest(proof.manifest.text)
  const receipt = decodeReceipt(proof.receipt.text)
  if (!manifest || !receipt) return 'NOT PROVEN: manifest or receipt is not written as it must be.'
  const rows = manifest.parts.reduce((sum, part) => sum + part.rows, 0)
  const feed = `${manifest.telco} ${manifest.kind} ${manifest.number}`
  if (fault) return `NOT PROVEN ${feed}: ${describeFault(fault)}`
  return `proven ${feed}: ${manifest.mode} of ${rows} rows in ${manifest.parts.length} parts, ${receipt.state} ${new Date(receipt.atMs).toISOString()}, ${receipt.accepted} accepted, ${receipt.rejected} rejected`
}
