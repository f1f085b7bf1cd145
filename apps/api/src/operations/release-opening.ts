import { decodeStatement, encodeLogEntry, openedFields, openingLifetimeMs, toWireOwner } from '@pcbs/seal'
import {
  findCase,
  lockOpening,
  markOpened,
  queueLogEntry,
  type RegistryTransaction,
  type StoredOpening,
} from '@pcbs/store'
import type { Principal } from '../auth/principal.ts'
import { noSuchCase } from '../cases/access.ts'
import type { Context } from '../context.ts'
import { askFor } from '../custodians.ts'
import type { Handler } from '../http/operation.ts'
import { Problem } from '../http/problems.ts'
import { proveLogged } from '../openings/proof.ts'
import { getSealedOfCase } from '../openings/sealed-record.ts'
import { noSuchOpening } from '../openings/view.ts'

export const releaseOpening: Handler<'releaseOpening'> = async ({ path, principal }, context) => {
  const { caseId, request, approval, entry } = await logOpening(context, path.openingId, principal)
  const stored = await findCase(context.db, caseId)
  if (!stored) throw noSuchCase()
  const { sealed, owner } = await getSealedOfCase(context, context.db, stored)
  const evidence = {
    request,
    approval,
    logged: await proveLogged(context, caseId, entry),
    record: { ...toWireOwner(owner), sealed: sealed.toString('base64url') },
  }
  const { sealing } = context.custodians
  const shares = await Promise.all(sealing.map((custodian) => askFor(custodian, 'open_record', evidence)))
  return { status: 200, body: { ...evidence.record, shares } }
}

/** An opening that both officers signed, written into the log: the custodians look for it there. */
async function logOpening(
  context: Context,
  id: string,
  principal: Principal,
): Promise<
  Pick<StoredOpening, 'caseId' | 'request'> & { approval: StoredOpening['request']; entry: string }
> {
  return context.db.transaction().execute(async (tx) => {
    const opening = await lockOpening(tx, id)
    if (!opening) throw noSuchOpening()
    const { caseId, request, approval, requester } = opening
    if (principal.kind !== 'officer' || principal.officerId !== requester)
      throw new Problem('forbidden', 'What is opened goes to the officer who asked, and to nobody else.')
    if (!approval) throw new Problem('opening-not-ready', 'Another officer has not approved it yet.')
    const { text, signature } = approval
    const signed = { caseId, request, approval: { text, signature } }
    if (opening.entry !== undefined) return { ...signed, entry: opening.entry }
    const now = context.now()
    await requireOpenable(context, tx, opening, now)
    const fields = openedFields(request.text, text)
    if (!fields) throw noSuchOpening()
    const entry = encodeLogEntry('record-opened', now.getTime(), fields)
    await queueLogEntry(tx, entry)
    await markOpened(tx, id, { entry, at: now })
    return { ...signed, entry }
  })
}

/** The log must not tell a subject of an opening that the custodians will refuse. */
async function requireOpenable(
  context: Context,
  tx: RegistryTransaction,
  { caseId, request }: StoredOpening,
  now: Date,
): Promise<void> {
  const asked = decodeStatement('opening-request', request.text)
  const stored = await findCase(tx, caseId)
  if (!asked || !stored) throw noSuchCase()
  const { hash } = await getSealedOfCase(context, tx, stored)
  if (hash !== asked.record)
    throw new Problem('opening-refused', 'The record was sealed anew since it was asked for: ask again.')
  if (now.getTime() - Date.parse(asked.at) > openingLifetimeMs)
    throw new Problem('opening-refused', 'The request is older than a day: ask again.')
}
