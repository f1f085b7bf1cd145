import { destroySealingKey, openFileKeyring, rotateSealingKey } from './keyring.ts'

const usage = `The custodian's sealing keys, on its own host; PCBS_CUSTODIAN_KEYRING names the keyring.

  keys list              the epochs that can still be opened
  keys rotate            make the next key; then publish a policy that names it
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
