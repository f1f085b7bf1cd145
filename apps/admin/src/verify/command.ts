import { liftStatementTimeout, openStore, readAtOneMoment } from '@pcbs/store'
import { type Command, CommandError, UsageError } from '../command.ts'
import { verifyRegistry } from './checks.ts'
import { openVerifierKeys } from './keys.ts'

/** `pcbs db verify` */
export const verifyDatabase: Command = async ({ terminal }) => {
  const url = terminal.environment.PCBS_API_DATABASE_URL
  if (!url) throw new UsageError('Set PCBS_API_DATABASE_URL to the API’s connection.')
  const store = openStore({ url, applicationName: 'pcbs-verify', maxConnections: 1 })
  let faults = 0
  try {
    await readAtOneMoment(store.db, async (tx) => {
      await liftStatementTimeout(tx)
      for await (const finding of verifyRegistry(tx, await openVerifierKeys(tx, terminal))) {
        const { name, looked } = finding
        const isGood = finding.faults.length === 0
        terminal.print(`${isGood ? 'agree' : 'DIFFER'}  ${name}${looked ? ` (${looked})` : ''}`)
        for (const fault of finding.faults) terminal.print(`        ${fault}`)
        faults += finding.faults.length
      }
    })
  } finally {
    await store.close()
  }
  if (faults > 0) throw new CommandError('The database does not agree with itself.')
}
