import { readCase } from '../cases/read.ts'
import { caseView } from '../cases/view.ts'
import type { Handler } from '../http/operation.ts'

export const getCase: Handler<'getCase'> = async ({ path, principal }, context) => ({
  status: 200,
  ...caseView(context, principal, await readCase(context, principal, path.caseId)),
})
