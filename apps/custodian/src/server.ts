import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { logEvent } from './log.ts'
import { answerRequest, type CustodianContext, listRootPublicKey, Refusal } from './requests.ts'

/** Evidence of an opening, with its proof, is some kilobytes; nobody needs more. */
const maxBodyBytes = 64 * 1024

/** The custodian's HTTP server, not yet listening. */
export function createCustodianServer(context: CustodianContext): Server {
  return createServer((request, response) => {
    respond(context, request, response).catch((error: unknown) => {
      const refusal = error instanceof Refusal ? error : new Refusal(500, 'The custodian failed.')
      if (refusal === error) logEvent('request_refused', { status: refusal.status })
      else logEvent('request_failed', describeFault(error))
      const problem = { type: 'about:blank', title: refusal.message, status: refusal.status }
      response
        .writeHead(refusal.status, { 'content-type': 'application/problem+json' })
        .end(JSON.stringify(problem))
    })
  })
}

async function respond(
  context: CustodianContext,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  switch (`${request.method} ${request.url}`) {
    case 'GET /healthz':
      return json(response, { status: 'ok' })
    case 'GET /v1/list-root':
      return json(response, { publicKey: listRootPublicKey(context) })
    case 'GET /v1/sealing-key': {
      const key = (await context.keyring.sealingKeys()).at(-1)
      if (!key) throw new Refusal(500, 'The keyring has no sealing key.')
      return json(response, { name: context.name, epoch: key.epoch, publicKey: key.publicKey })
    }
    case 'POST /v1/requests': {
      const { answer, caller, action } = await answerRequest(context, await readBody(request))
      logEvent('request_answered', { caller, action })
      response.writeHead(200, { 'content-type': 'application/jose' }).end(answer)
      return
    }
    default:
      throw new Refusal(404, 'No such resource.')
  }
}

/** A fault without its message, which may hold values. */
function describeFault(error: unknown): { readonly errorName: string; readonly code: string } {
  const { name, code } = error as { readonly name?: unknown; readonly code?: unknown }
  return { errorName: String(name), code: typeof code === 'string' ? code : '-' }
}

function json(response: ServerResponse, body: object): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > maxBodyBytes) throw new Refusal(413, 'The request is too large.')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
