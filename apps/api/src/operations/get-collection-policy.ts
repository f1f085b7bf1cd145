import { collectionPolicy } from '../feeds/collection-policy.ts'
import type { Handler } from '../http/operation.ts'

export const getCollectionPolicy: Handler<'getCollectionPolicy'> = async () => ({
  status: 200,
  body: collectionPolicy,
})
