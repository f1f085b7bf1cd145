import {
  destroySealingKey,
  openFileKeyring,
  rotateLogKey,
  rotateSealingKey,
  rotateTokenKeys,
} from './keyring.ts'

const usage = `The custodian's keys, on its own host; PCBS_CUSTODIAN_KEYRING names the keyring.

  keys rotate-tokens     the next generation of K_telco and K_reg; on the main custodian alone
  keys rotate-log        another key for the log's checkpoints; on the main custodian alone
  keys list              the sealing keys that can still be opened
  keys rotate            make the next sealing key; then publish a policy that names it
  keys destroy EPOCH     nothing sealed to this key can be opened ever again
`

const path = process.env.PCBS_CUSTODIAN_KEYRING
const [command, epoch] = process.argv.slice(2)
if (!path) throw new Error('set PCBS_CUSTODIAN_KEYRING to the path of the keyring')

switch (command) {
  case 'list':
    for (const key of await (await openFileKeyring(path)).sealingKeys())
      process.stdout.write(`${key.epoch} ${key.publicKey}\n`)
    break
  case 'rotate-tokens':
    process.stdout.write(`token keys of epoch ${await rotateTokenKeys(path)} are in use\n`)
    break
  case 'rotate-log':
    process.stdout.write(`log key of epoch ${await rotateLogKey(path)} is in use\n`)
    break
  case 'rotate':
    process.stdout.write(`sealing key ${await rotateSealingKey(path)} is in use\n`)
    break
  case 'destroy':
    await destroySealingKey(path, Number(epoch))
    process.stdout.write(
      `sealing key ${epoch} is destroyed: destroy every backup of the keyring that holds it\n`,
    )
    break
  default:
    process.stdout.write(usage)
    process.exitCode = 2
}
