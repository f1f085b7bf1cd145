import { parseNetworkImei } from '@pcbs/core'
import { insertHits } from '@pcbs/store'
import { requireTelco } from '../auth/require.ts'
import type { Handler } from '../http/operation.ts'
import { Problem } from '../http/problems.ts'
import { readToken } from '../http/token-input.ts'

export const reportHits: Handler<'reportHits'> = async ({ body, principal }, context) => {
  const telco = requireTelco(principal)
  const hits = body.hits.map(({ id, imei, imsi, status, at, node }, index) => {
    const parsed = parseNetworkImei(imei)
    if (!parsed.ok) throw new Problem('request-invalid', 'An IMEI has 14 digits.')
    const expected = { field: `body.hits.${index}.imsi`, kind: 'imsi', telco } as const
    const token = imsi === undefined ? undefined : readToken(context, expected, imsi).wrapped
    return { id, imei: context.keys.imeiToken(parsed.value), imsi: token, status, node, at: new Date(at) }
  })
  // A hit carries its own id, so sending a batch again adds nothing: no key needs to be remembered.
  return { status: 202, body: { accepted: await insertHits(context.db, telco.id, hits) } }
}
