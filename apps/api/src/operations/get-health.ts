import type { Handler } from '../http/operation.ts'

export const getHealth: Handler<'getHealth'> = async () => ({ status: 200, body: { status: 'ok' } })
