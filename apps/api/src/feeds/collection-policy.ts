import type { Schemas } from '@pcbs/contract'

/** What is collected, per field. Names and addresses are not; numbers leave a telco only as tokens. */
export const collectionPolicy: Schemas['CollectionPolicy'] = {
  version: 1,
  fields: { msisdn: 'token', imsi: 'token', nationalId: 'tag', name: 'none', address: 'none' },
}
