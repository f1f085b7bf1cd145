import { publicKeyFromRaw, readCosignature } from '@pcbs/seal'
import { findLastCheckpoint, insertCosignature } from '@pcbs/store'
import { requireTelco } from '../auth/require.ts'
import type { Handler } from '../http/operation.ts'
import { Problem } from '../http/problems.ts'
import { logOrigin } from '../transparency/checkpoint.ts'

export const cosignLog: Handler<'cosignLog'> = async ({ body, principal }, { config, db }) => {
  const telco = requireTelco(principal)
  const stored = await findLastCheckpoint(db)
  // Meanwhile the log has gone on: the telco cosigns the next one.
  if (stored?.size !== body.size) return { status: 204, body: undefined }
  const { size, root } = stored
  const checkpoint = { origin: logOrigin(config.publicUrl), size, root }
  const isSigned = telco.publicKeys.some((raw) => {
    const key = publicKeyFromRaw(raw.toString('base64url'))
    return key && readCosignature(checkpoint, body.line, { name: telco.code, key }) !== undefined
  })
  if (!isSigned) {
    const remedy = 'Sign the newest checkpoint with a key of this telco that the registry knows.'
    throw new Problem('request-invalid', 'See errors.', {
      errors: [{ field: 'body.line', code: 'cosignature-invalid', remedy }],
    })
  }
  await insertCosignature(db, { size, telcoId: telco.id, line: body.line })
  return { status: 204, body: undefined }
}
