import { publicKeyFromRaw, readCosignature } from '@pcbs/seal'
import { findCheckpoint, insertCosignature } from '@pcbs/store'
import { requireTelco } from '../auth/require.ts'
import type { Handler } from '../http/operation.ts'
import { Problem } from '../http/problems.ts'
import { logOrigin } from '../transparency/checkpoint.ts'

export const cosignLog: Handler<'cosignLog'> = async ({ body, principal }, { config, db }) => {
  const telco = requireTelco(principal)
  // By now the log may have gone on: what the telco saw is cosigned all the same.
  const stored = await findCheckpoint(db, body.size)
  if (!stored) throw new Problem('not-found', 'There is no checkpoint of this size.')
  const { size, root } = stored
  const checkpoint = { origin: logOrigin(config.publicUrl), size, root }
  const isSigned = telco.publicKeys.some((raw) => {
    const key = publicKeyFromRaw(raw.toString('base64url'))
    return key && readCosignature(checkpoint, body.line, { name: telco.code, key }) !== undefined
  })
  if (!isSigned) {
    const remedy = 'Sign the checkpoint of this size with a key of this telco that the registry knows.'
    throw new Problem('request-invalid', 'See errors.', {
      errors: [{ field: 'body.line', code: 'cosignature-invalid', remedy }],
    })
  }
  await insertCosignature(db, { size, telcoId: telco.id, line: body.line })
  return { status: 204, body: undefined }
}
