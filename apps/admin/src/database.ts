import { listMigrations, migrate, openStore, type RegistryDb } from '@pcbs/store'
import { type Command, CommandError, type Terminal, UsageError } from './command.ts'

/** `pcbs db status` */
export const showMigrations: Command = async ({ terminal }) => {
  const states = await reach(listMigrations(ownerUrl(terminal)))
  for (const { name, isApplied } of states) terminal.print(`${isApplied ? 'applied' : 'pending'}  ${name}`)
}

/** `pcbs db migrate` */
export const migrateDatabase: Command = async ({ terminal }) => {
  const applied = await reach(migrate(ownerUrl(terminal)))
  terminal.print(applied.length === 0 ? 'The database is up to date.' : `Applied ${applied.join(', ')}.`)
}

/** Works on the registry's tables as their owner, in one transaction. */
export async function withOwner<Value>(
  terminal: Terminal,
  work: (db: RegistryDb) => Promise<Value>,
): Promise<Value> {
  const store = openStore({ url: ownerUrl(terminal), applicationName: 'pcbs-admin', maxConnections: 1 })
  try {
    return await reach(store.db.transaction().execute(work))
  } finally {
    await store.close()
  }
}

/** On the command line it would show in every list of processes. */
function ownerUrl({ environment }: Terminal): string {
  const url = environment.PCBS_OWNER_DATABASE_URL
  if (!url) throw new UsageError('Set PCBS_OWNER_DATABASE_URL to the owner’s connection.')
  return url
}

async function reach<Value>(work: Promise<Value>): Promise<Value> {
  try {
    return await work
  } catch (error) {
    if (error instanceof CommandError || error instanceof UsageError) throw error
    const { code } = error as { readonly code?: unknown }
    throw new CommandError(`The database refused (${typeof code === 'string' ? code : 'no code'}).`)
  }
}
