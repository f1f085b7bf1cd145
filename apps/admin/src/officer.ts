import { generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Schemas } from '@pcbs/contract'
import { documentTypes, findIssuer, parseClaim, type RawDocument, rejectRemedies } from '@pcbs/core'
import {
  claimContext,
  claimHash,
  decodeStatement,
  makeSealingKey,
  openingPurposes,
  openReleased,
  rawPublicKey,
  readSealingKey,
  sealMessage,
  signStatement,
  statementHash,
} from '@pcbs/seal'
import { expectAnswer, signInOfficer } from './api.ts'
import { type Command, CommandError, type Options, UsageError } from './command.ts'
import { custodianUrls, fetchSealingKey, readKeyFile } from './custodian.ts'

/** `pcbs officer key FILE` */
export const makeKey: Command = async ({ words: [file], terminal }) => {
  if (!file) throw new UsageError('Say into which file.')
  const { privateKey } = generateKeyPairSync('ed25519')
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' })
  await writeFile(file, pem, { flag: 'wx', mode: 0o600 }).catch(() => {
    throw new CommandError(`${file} is there already, or cannot be written.`)
  })
  terminal.print(rawPublicKey(privateKey))
  terminal.complain(
    'This is the public half, for the custodians’ officers files. The private one never leaves you.',
  )
}

/** `pcbs officer id` */
export const showId: Command = async ({ terminal }) => {
  const { officer } = await signInOfficer(terminal)
  terminal.print(officer)
  terminal.complain('This is your id in histories, in the log, and in the custodians’ officers files.')
}

/** `pcbs officer request CASE --purpose PURPOSE --key FILE` */
export const requestOpening: Command = async ({ words: [caseId], options, terminal }) => {
  const { purpose = '' } = options
  if (!caseId) throw new UsageError('Name the case.')
  if (!(openingPurposes as readonly string[]).includes(purpose))
    throw new UsageError(`--purpose is ${openingPurposes.join(', ')}.`)
  const { file, key } = await readKey(options)
  const { api, officer } = await signInOfficer(terminal)
  const path = { caseId }
  const { record } = expectAnswer(await api.GET('/v1/cases/{caseId}/sealed-record', { params: { path } }))
  const opening = randomUUID()
  // The answer will be readable with this key alone, and only as long as it lies here.
  const recipient = makeSealingKey()
  await writeFile(
    recipientFile(file, opening),
    recipient.privateKey.export({ type: 'pkcs8', format: 'pem' }),
    {
      mode: 0o600,
    },
  )
  const at = new Date().toISOString()
  const fields = { opening, officer, case: caseId, purpose, record, recipient: recipient.publicKey, at }
  expectAnswer(await api.POST('/v1/openings', { body: signStatement('opening-request', fields, key) }))
  terminal.print(opening)
  terminal.complain('Another officer approves it with: pcbs officer approve, within a day.')
}

/** `pcbs officer list` */
export const listOpenings: Command = async ({ terminal }) => {
  const { api } = await signInOfficer(terminal)
  const { items } = expectAnswer(await api.GET('/v1/openings'))
  const describe = ({ id, state, requester, purpose, caseId, requestedAt }: Schemas['Opening']) =>
    `${id}: ${state}, ${requester} for ${purpose}, case ${caseId}, ${requestedAt}`
  terminal.print(items.length === 0 ? 'No openings.' : items.map(describe).join('\n'))
}

/** `pcbs officer approve OPENING --key FILE` */
export const approveOpening: Command = async ({ words: [opening], options, terminal }) => {
  if (!opening) throw new UsageError('Name the opening.')
  const { key } = await readKey(options)
  const { api, officer } = await signInOfficer(terminal)
  const path = { openingId: opening }
  const { request } = expectAnswer(await api.GET('/v1/openings/{openingId}', { params: { path } }))
  const asked = decodeStatement('opening-request', request.text)
  // What is approved is what was signed, not what the registry says of it.
  if (asked?.opening !== opening) throw new CommandError('The registry shows no such request.')
  terminal.complain(
    `${asked.officer} asks to open a record for ${asked.purpose}, case ${asked.case}, at ${asked.at}.`,
  )
  const fields = { opening, officer, request: statementHash(request.text), at: new Date().toISOString() }
  const body = signStatement('opening-approval', fields, key)
  expectAnswer(await api.POST('/v1/openings/{openingId}/approval', { params: { path }, body }))
  terminal.print(`${opening} is approved.`)
}

/** `pcbs officer open OPENING --key FILE` */
export const openRecord: Command = async ({ words: [opening], options, terminal }) => {
  if (!opening) throw new UsageError('Name the opening.')
  const { file } = await readKey(options)
  const pem = await readFile(recipientFile(file, opening), 'utf8').catch(() => {
    throw new CommandError(
      'The key of this request is not here: it was asked for elsewhere, or opened already.',
    )
  })
  const recipient = readSealingKey(pem)
  const { api } = await signInOfficer(terminal)
  const params = { path: { openingId: opening } }
  const { request } = expectAnswer(await api.GET('/v1/openings/{openingId}', { params }))
  const released = expectAnswer(await api.POST('/v1/openings/{openingId}/release', { params }))
  const content = await openReleased(released, recipient.privateKey, request.text)
  if (!content)
    throw new CommandError('The record did not open: a share is missing, or it is another’s record.')
  for (const [field, value] of Object.entries(content)) terminal.print(`${field}: ${value}`)
  await rm(recipientFile(file, opening))
}

/** `pcbs officer check-claim TELCO --key FILE` */
export const checkClaim: Command = async ({ words: [telco], options, terminal }) => {
  if (!telco) throw new UsageError('Name the telco by its code.')
  const { key } = await readKey(options)
  const { api, officer } = await signInOfficer(terminal)
  const msisdn = await terminal.ask('Number: ')
  const document = await terminal.ask('MyKad, or a passport’s country or a document’s type, and the number: ')
  const claimed = parseClaim({ msisdn, ...readTypedDocument(document) }, home)
  if (!claimed.ok) throw new CommandError(`${claimed.failure.field}: ${rejectRemedies[claimed.failure.code]}`)
  const [url = ''] = custodianUrls(terminal)
  const { publicKey } = await fetchSealingKey(url)
  const check = randomUUID()
  const claim = await sealMessage(
    publicKey,
    Buffer.from(`${claimed.value.msisdn}\n${claimed.value.nationalId}`),
    claimContext(check),
  )
  const fields = { check, officer, telco, claim: claimHash(claim), at: new Date().toISOString() }
  const statement = signStatement('claim-check', fields, key)
  const { answer } = expectAnswer(await api.POST('/v1/claim-checks', { body: { statement, claim } }))
  terminal.print(answer)
}

/** The registry's own country; its numbers may be typed without the country code. */
const home = { country: 'MY', mccs: [] } as const

/** A document as it is typed: `900101 14 5678`, `IDN A1234567`, `army T1234567`. */
function readTypedDocument(text: string): RawDocument {
  const [first = '', ...rest] = text.trim().split(/\s+/)
  const nationalId = rest.join(' ')
  if (nationalId === '') return { nationalId: first }
  const isType = Object.values(documentTypes).some(({ names }) =>
    (names as readonly string[]).includes(first.toLowerCase()),
  )
  if (isType) return { documentType: first, nationalId }
  // A single letter before a space is part of a passport's number more often than Germany's code.
  const isCountry = first.length > 1 && findIssuer(first) !== undefined
  return isCountry ? { issuingCountry: first, nationalId } : { nationalId: text }
}

async function readKey({ key: file }: Options): Promise<{ readonly file: string; readonly key: KeyObject }> {
  if (!file) throw new UsageError('--key is the file of your key; pcbs officer key makes one.')
  return { file, key: await readKeyFile(file) }
}

/** Where the key lies to which a request's answer is sealed, until it was opened. */
function recipientFile(keyFile: string, opening: string): string {
  return join(dirname(keyFile), `opening-${opening}.pem`)
}
