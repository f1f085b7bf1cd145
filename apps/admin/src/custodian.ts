import { createPrivateKey, type KeyObject } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { CustodianCaller, SealingCustodian } from '@pcbs/seal'
import { CommandError, type Terminal, UsageError } from './command.ts'

/** The custodians' addresses, the main one first. */
export function custodianUrls({ environment }: Terminal): readonly string[] {
  return (environment.PCBS_CUSTODIAN_URLS ?? 'http://localhost:4002').split(',').filter(Boolean)
}

/** What a custodian has sealed to it now. */
export async function fetchSealingKey(url: string): Promise<SealingCustodian> {
  const signal = AbortSignal.timeout(10_000)
  const answer = await fetch(new URL('/v1/sealing-key', url), { signal }).catch(() => undefined)
  if (!answer?.ok) throw new CommandError(`The custodian at ${url} does not answer.`)
  return (await answer.json()) as SealingCustodian
}

/** The administration, as the main custodian knows it. */
export async function administration(terminal: Terminal): Promise<CustodianCaller> {
  const file = terminal.environment.PCBS_ADMIN_KEY_FILE
  if (!file)
    throw new UsageError(
      'Set PCBS_ADMIN_KEY_FILE to the key with which the administration asks the custodian.',
    )
  const [url = ''] = custodianUrls(terminal)
  return { url, callerId: 'administration', privateKey: await readKeyFile(file) }
}

/** A private key, PEM. */
export async function readKeyFile(file: string): Promise<KeyObject> {
  const pem = await readFile(file).catch(() => {
    throw new CommandError(`There is no key file ${file}.`)
  })
  try {
    return createPrivateKey(pem)
  } catch {
    throw new CommandError(`${file} holds no private key.`)
  }
}
