import { encodeLogEntry, type LogEntryType, type LogFields } from '@pcbs/seal'
import {
  addTelcoKey,
  listTelcos as findTelcos,
  addTelco as makeRoom,
  queueLogEntry,
  type RegistryDb,
  retireOtherKeys,
  setSuspended,
  type Telco,
} from '@pcbs/store'
import { type Command, CommandError, type Options, UsageError } from './command.ts'
import { withOwner } from './database.ts'

/** `pcbs telcos list` */
export const listTelcos: Command = async ({ terminal }) => {
  const telcos = await withOwner(terminal, findTelcos)
  if (telcos.length === 0) terminal.print('No telcos.')
  for (const { code, name, joinedAt, isSuspended, publicKeys } of telcos) {
    terminal.print(
      `${code}: ${name}, since ${joinedAt.toISOString().slice(0, 10)}${isSuspended ? ', SUSPENDED' : ''}`,
    )
    for (const key of publicKeys) terminal.print(`  signs with ${key.toString('base64url')}`)
  }
}

/** `pcbs telcos add CODE NAME --public-key=KEY` */
export const addTelco: Command = async ({ words, options, terminal }) => {
  const [code = '', ...name] = words
  if (!/^[a-z][a-z0-9-]{1,30}$/.test(code))
    throw new UsageError('A telco’s code is 2 to 31 small letters, digits and hyphens, a letter first.')
  if (name.length === 0) throw new UsageError('Say the telco’s name.')
  const publicKey = readPublicKey(options)
  await withOwner(terminal, async (db) => {
    if (await findTelco(db, code)) throw new CommandError(`${code} takes part already.`)
    const id = await makeRoom(db, code, name.join(' '))
    await addTelcoKey(db, id, publicKey)
    await record(db, 'telco-added', { telco: code, key: keyName(publicKey) })
  })
  terminal.print(`${code} may take part. Now register its clients at the authorization server, and the same`)
  terminal.print('public keys in the custodian’s callers file; the API knows it within five seconds.')
}

/** `pcbs telcos rotate-key CODE --public-key=KEY` */
export const rotateKey: Command = async ({ words, options, terminal }) => {
  const publicKey = readPublicKey(options)
  const retired = await withOwner(terminal, async (db) => {
    const { id, code } = await requireTelco(db, words[0])
    await addTelcoKey(db, id, publicKey)
    await record(db, 'telco-key-changed', { telco: code, key: keyName(publicKey) })
    return options['keep-old'] ? 0 : retireOtherKeys(db, id, publicKey)
  })
  terminal.print(
    `Manifests are taken under the new key within five seconds; ${retired} old keys are retired.`,
  )
}

/** `pcbs telcos suspend CODE [--lift]` */
export const suspendTelco: Command = async ({ words, options, terminal }) => {
  const isSuspended = !options.lift
  const { code } = await withOwner(terminal, async (db) => {
    const telco = await requireTelco(db, words[0])
    await setSuspended(db, telco.id, isSuspended)
    await record(db, isSuspended ? 'telco-suspended' : 'telco-readmitted', { telco: telco.code })
    return telco
  })
  terminal.print(
    isSuspended
      ? `${code} is suspended: no feeds and no cases; the block list is still served.`
      : `${code} takes part again.`,
  )
}

/** What is changed here the transparency log remembers. */
async function record<Type extends LogEntryType>(
  db: RegistryDb,
  type: Type,
  fields: LogFields<Type>,
): Promise<void> {
  await queueLogEntry(db, encodeLogEntry(type, Date.now(), fields))
}

function keyName(publicKey: Buffer): string {
  return `ed25519:${publicKey.toString('base64url')}`
}

async function findTelco(db: RegistryDb, code: string): Promise<Telco | undefined> {
  return (await findTelcos(db)).find((telco) => telco.code === code)
}

async function requireTelco(db: RegistryDb, code: string | undefined): Promise<Telco> {
  if (!code) throw new UsageError('Name the telco by its code.')
  const telco = await findTelco(db, code)
  if (!telco) throw new CommandError(`There is no telco ${code}.`)
  return telco
}

function readPublicKey({ 'public-key': text = '' }: Options): Buffer {
  const key = Buffer.from(text, 'base64url')
  if (!/^[A-Za-z0-9_-]{43}$/.test(text) || key.length !== 32)
    throw new UsageError('--public-key is an Ed25519 public key, 32 bytes in base64url (43 characters).')
  return key
}
