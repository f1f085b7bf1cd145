import { contractFile } from '@pcbs/contract'
import compression from 'compression'
import express, { type Express } from 'express'
import { middleware as validate } from 'express-openapi-validator'
import helmet from 'helmet'
import { absolutePath } from 'swagger-ui-dist'
import type { Authenticate } from '../auth/authenticate.ts'
import type { Context } from '../context.ts'
import { handlers } from '../operations/index.ts'
import { OfficerSessions } from '../transparency/sessions.ts'
import { admit } from './admission.ts'
import { type ContractDocument, routesOf } from './contract.ts'
import { answerProblem } from './failures.ts'
import type { Limits } from './limits.ts'
import { observe } from './observation.ts'
import { referencePage, referenceScript } from './reference.ts'
import { respond } from './respond.ts'
import { refuseNulInBody, refuseUnreadableParameters } from './unreadable.ts'

/** What the HTTP side of the API is made of. */
export interface AppParts {
  readonly context: Context
  readonly contract: ContractDocument
  readonly authenticate: Authenticate
  readonly limits: Limits
}

/** No JSON request of the contract comes near it. */
const bodyLimit = '256kb'
/** A manifest has a line for each part: a country's first load is some thousands. */
const manifestLimit = '5mb'

/**
 * The API as an Express application, its routes made from the contract. A request passes, in this order:
 * admission (who, may they, not too often), body, contract, handler.
 */
export function createApp({ context, contract, authenticate, limits }: AppParts): Express {
  const app = express()
  app.disable('x-powered-by').disable('etag').enable('strict routing')
  const { trustedProxies } = context.config
  app.set('trust proxy', typeof trustedProxies === 'number' ? trustedProxies : [...trustedProxies])
  app.use(helmet(), compression())

  app.get('/metrics', async (_request, response) => {
    response.type(context.metrics.registry.contentType).send(await context.metrics.registry.metrics())
  })
  app.get('/docs', (_request, response) => {
    response.redirect('/docs/')
  })
  app.get('/docs/', (_request, response) => {
    response.type('html').send(referencePage)
  })
  app.get('/docs/openapi.yaml', (_request, response) => {
    response.sendFile(contractFile.pathname)
  })
  app.get('/docs/open.js', (_request, response) => {
    response.type('js').send(referenceScript)
  })
  app.use('/docs', express.static(absolutePath(), { index: false }))

  const routes = routesOf(contract)
  const sessions = new OfficerSessions()
  for (const route of routes) {
    app[route.method](
      route.path,
      observe(context, route),
      admit({ context, authenticate, limits, sessions }, route),
      refuseUnreadableParameters(route),
    )
  }
  app.post('/v1/feeds/:kind/:number/commit', express.json({ limit: manifestLimit }))
  app.use(express.json({ limit: bodyLimit }))
  app.use(refuseNulInBody)
  app.use(
    validate({
      apiSpec: contract as never,
      validateRequests: { allowUnknownQueryParameters: false },
      validateResponses: context.config.areResponsesValidated,
      // Admission has decided over security, from the same contract.
      validateSecurity: false,
      validateFormats: true,
      // A day of the contract is one of the calendar: the fast formats take 30 February.
      ajvFormats: { mode: 'full' },
    }),
  )
  for (const route of routes) {
    app[route.method](route.path, respond(context, route, handlers[route.operationId]))
  }
  app.use(answerProblem(context))
  return app
}
