import { publicKeyFromRaw } from '@pcbs/seal'
import { CheckpointSigner } from './checkpoints.ts'
import { openFileKeyring } from './keyring.ts'
import { Ledger } from './ledger.ts'
import { logEvent } from './log.ts'
import { Erasures } from './openings/erasures.ts'
import { createCustodianServer } from './server.ts'

// Node itself would print the error's message, which may hold values.
process.on('uncaughtException', ({ name: errorName }) => {
  logEvent('crashed', { errorName })
  process.exit(1)
})

const { PCBS_CUSTODIAN_PORT = '4002', PCBS_CUSTODIAN_KEYRING, PCBS_CUSTODIAN_CALLERS } = process.env
if (!PCBS_CUSTODIAN_KEYRING || !PCBS_CUSTODIAN_CALLERS) {
  throw new Error(
    'set PCBS_CUSTODIAN_KEYRING and PCBS_CUSTODIAN_CALLERS to the paths of the keyring and the callers file',
  )
}

const keyring = await openFileKeyring(PCBS_CUSTODIAN_KEYRING)
// Beside the keyring unless said otherwise: to lose these is to forget which history was signed, and what was opened.
const {
  PCBS_CUSTODIAN_NAME: name = 'custodian-a',
  PCBS_CUSTODIAN_PLACE: placeText,
  PCBS_CUSTODIAN_CHECKPOINT: checkpointFile = `${PCBS_CUSTODIAN_KEYRING}.checkpoint`,
  PCBS_CUSTODIAN_OPENINGS: openingsFile = `${PCBS_CUSTODIAN_KEYRING}.openings`,
  PCBS_CUSTODIAN_CLAIMS: claimsFile = `${PCBS_CUSTODIAN_KEYRING}.claims`,
  PCBS_CUSTODIAN_ERASURES: erasuresFile = `${PCBS_CUSTODIAN_KEYRING}.erasures`,
  PCBS_CUSTODIAN_OFFICERS: officersFile = `${PCBS_CUSTODIAN_KEYRING}.officers`,
  PCBS_CUSTODIAN_ORDER: orderFile,
  PCBS_CUSTODIAN_LOG_KEY: logKeyText,
} = process.env
const logRoot = logKeyText === undefined ? keyring.listRoot.publicKey : publicKeyFromRaw(logKeyText)
if (!logRoot) throw new Error('PCBS_CUSTODIAN_LOG_KEY is no Ed25519 public key, 32 bytes in base64url')
// The one with the log's key is named first by policies; any other must be told its place, or it opens nothing.
const place = Number(placeText ?? (logKeyText === undefined ? '1' : ''))
if (!Number.isInteger(place) || place < 1 || place > 4)
  throw new Error('PCBS_CUSTODIAN_PLACE is where policies name this custodian, 1 to 4')
const openings = await Ledger.open(openingsFile, Date.now)
const claims = await Ledger.open(claimsFile, Date.now)
const erasures = await Erasures.open(erasuresFile)
const server = createCustodianServer({
  name,
  place,
  keyring,
  logRoot,
  checkpoints: await CheckpointSigner.open(checkpointFile, keyring),
  openings,
  claims,
  erasures,
  officersFile,
  orderFile,
  callersFile: PCBS_CUSTODIAN_CALLERS,
  now: Date.now,
})
const port = Number(PCBS_CUSTODIAN_PORT)
server.listen(port, '127.0.0.1', async () => {
  logEvent('started', { port, epoch: await keyring.tokenEpoch() })
  process.send?.('ready')
})

function stop(): void {
  logEvent('stopping', {})
  server.close(() => Promise.all([openings.close(), claims.close(), erasures.close()]))
  server.closeAllConnections()
  if (process.connected) process.disconnect()
}
process.once('SIGTERM', stop)
process.once('SIGINT', stop)
// Whoever started us is gone.
process.once('disconnect', stop)
