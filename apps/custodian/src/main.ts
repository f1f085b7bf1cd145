import { CheckpointSigner } from './checkpoints.ts'
import { openFileKeyring } from './keyring.ts'
import { logEvent } from './log.ts'
import { createCustodianServer } from './server.ts'

const { PCBS_CUSTODIAN_PORT = '4002', PCBS_CUSTODIAN_KEYRING, PCBS_CUSTODIAN_CALLERS } = process.env
if (!PCBS_CUSTODIAN_KEYRING || !PCBS_CUSTODIAN_CALLERS) {
  throw new Error(
    'set PCBS_CUSTODIAN_KEYRING and PCBS_CUSTODIAN_CALLERS to the paths of the keyring and the callers file',
  )
}

const keyring = await openFileKeyring(PCBS_CUSTODIAN_KEYRING)
// Beside the keyring unless said otherwise: to lose it is to forget which history was signed.
const { PCBS_CUSTODIAN_CHECKPOINT = `${PCBS_CUSTODIAN_KEYRING}.checkpoint` } = process.env
const checkpoints = await CheckpointSigner.open(PCBS_CUSTODIAN_CHECKPOINT, keyring.listRoot.privateKey)
const server = createCustodianServer({
  keyring,
  checkpoints,
  callersFile: PCBS_CUSTODIAN_CALLERS,
  now: Date.now,
})
const port = Number(PCBS_CUSTODIAN_PORT)
server.listen(port, '127.0.0.1', () => {
  logEvent('started', { port, epoch: keyring.epoch })
  process.send?.('ready')
})

function stop(): void {
  logEvent('stopping', {})
  server.close()
  server.closeAllConnections()
  if (process.connected) process.disconnect()
}
process.once('SIGTERM', stop)
process.once('SIGINT', stop)
// Whoever started us is gone.
process.once('disconnect', stop)
