import { once } from 'node:events'
import express from 'express'
import { isPassword } from './passwords.ts'
import { createProvider } from './provider.ts'
import { readSettings } from './settings.ts'
import { signInPage } from './sign-in-page.ts'

const path = process.env.PCBS_AUTHORIZATION_SETTINGS
if (!path) throw new Error('set PCBS_AUTHORIZATION_SETTINGS to the path of the settings file')
const settings = await readSettings(path)
const provider = createProvider(settings)

const app = express()
app.get('/healthz', (_request, response) => {
  response.json({ status: 'ok' })
})
app.get('/sign-in/:uid', async (request, response) => {
  const { uid } = await provider.interactionDetails(request, response)
  response.type('html').send(signInPage(uid, ''))
})
app.post('/sign-in/:uid', express.urlencoded({ extended: false }), async (request, response) => {
  const { uid } = await provider.interactionDetails(request, response)
  const { officer, password } = request.body as { officer?: unknown; password?: unknown }
  const account = settings.officers.find(({ id }) => id === officer)
  if (!account || !isPassword(String(password), account.password)) {
    response
      .status(401)
      .type('html')
      .send(signInPage(uid, 'This officer and password do not belong together.'))
    return
  }
  // A native client's sign-in always counts as seen by its user; that is what the empty consent says.
  await provider.interactionFinished(request, response, { login: { accountId: account.id }, consent: {} })
})
app.use(provider.callback())

const server = app.listen(settings.port, '127.0.0.1')
await once(server, 'listening')
process.send?.('ready')

function stop(): void {
  server.close()
  server.closeAllConnections()
  if (process.connected) process.disconnect()
}
for (const signal of ['SIGTERM', 'SIGINT', 'disconnect'] as const) process.once(signal, stop)
