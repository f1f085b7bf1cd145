import type { Handler } from '../http/operation.ts'
import { policyInForce } from '../policy/policies.ts'

export const getCollectionPolicy: Handler<'getCollectionPolicy'> = async (_input, context) => {
  const { version, forms, text, signature } = policyInForce(context)
  return { status: 200, body: { version, fields: { ...forms }, text, signature } }
}
