import { createHash } from 'node:crypto'
import { ownerBytes, toWireOwner } from '@pcbs/seal'
import { asTelco, eraseSealedRecord } from '@pcbs/store'
import { nameOf } from '../auth/principal.ts'
import { requireTelco } from '../auth/require.ts'
import { askFor } from '../custodians.ts'
import type { Handler } from '../http/operation.ts'
import { readTokensOfEveryEpoch } from '../http/token-input.ts'
import { ownerOf } from '../openings/sealed-record.ts'
import { record } from '../transparency/record.ts'

export const eraseRecord: Handler<'eraseRecord'> = async ({ body, principal }, context) => {
  const telco = requireTelco(principal)
  const expected = { field: 'body.subscriptions', kind: 'msisdn', telco } as const
  const records = readTokensOfEveryEpoch(context, expected, body.subscriptions).map(({ wrapped, epoch }) => ({
    wrapped,
    owner: ownerOf(context, { telcoId: telco.id, subscription: wrapped, tokenEpoch: epoch }),
  }))
  // The custodians first: once one of them remembers, no copy opens any more.
  for (const { owner } of records) {
    const { sealing } = context.custodians
    await Promise.all(sealing.map((custodian) => askFor(custodian, 'erase_record', toWireOwner(owner))))
  }
  await asTelco(context.ingest.db, telco.id, async (tx) => {
    for (const { wrapped, owner } of records) {
      await eraseSealedRecord(tx, wrapped)
      await record(context, tx, 'record-erased', {
        telco: telco.code,
        record: `sha256:${createHash('sha256').update(ownerBytes(owner)).digest('hex')}`,
        actor: nameOf(principal),
      })
    }
  })
  return { status: 204, body: undefined }
}
