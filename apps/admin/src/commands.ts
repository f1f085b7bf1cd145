import { parseArgs } from 'node:util'
import { type Command, CommandError, type Terminal, UsageError } from './command.ts'
import { migrateDatabase, showMigrations } from './database.ts'
import { acceptFeed, listFeeds, refuseFeed, showFeed } from './feeds.ts'
import { exportLog, verifyLog } from './log.ts'
import { addTelco, listTelcos, rotateKey, suspendTelco } from './telcos.ts'

const usage = `pcbs: the registry's administration

  pcbs feeds list [--telco CODE] [--kind subscribers|pairings] [--state STATE]
  pcbs feeds show TELCO KIND NUMBER      one feed, and what a quarantined one holds
  pcbs feeds accept TELCO KIND NUMBER    apply a quarantined feed
  pcbs feeds refuse TELCO KIND NUMBER    give a quarantined feed up

  pcbs telcos list
  pcbs telcos add CODE NAME --public-key=KEY          make room for a telco that signs with this key
  pcbs telcos rotate-key CODE --public-key=KEY [--keep-old]
  pcbs telcos suspend CODE [--lift]                   take no feeds and cases; the block list is still served

  pcbs log export FILE                   the whole transparency log, as an officer or auditor
  pcbs log verify FILE --registry-key=KEY --origin NAME   audit an export offline

  pcbs db status                         which migrations the database has
  pcbs db migrate                        bring it up to date

  feeds, log export: an officer signs in in the browser. PCBS_API_URL and PCBS_ISSUER say where, localhost otherwise;
  PCBS_ACCESS_TOKEN is used instead where it is set.
  telcos, db: PCBS_OWNER_DATABASE_URL connects as the schema's owner.
  KEY is an Ed25519 public key, 32 bytes in base64url.
`

const commands: Readonly<Record<string, Command>> = {
  'feeds list': listFeeds,
  'feeds show': showFeed,
  'feeds accept': acceptFeed,
  'feeds refuse': refuseFeed,
  'telcos list': listTelcos,
  'telcos add': addTelco,
  'telcos rotate-key': rotateKey,
  'telcos suspend': suspendTelco,
  'log export': exportLog,
  'log verify': verifyLog,
  'db status': showMigrations,
  'db migrate': migrateDatabase,
}

/** Runs one command line; gives the exit code: 2 where it was typed wrong, 1 where it could not be carried out. */
export async function runCommand(argv: readonly string[], terminal: Terminal): Promise<number> {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        telco: { type: 'string' },
        kind: { type: 'string' },
        state: { type: 'string' },
        'public-key': { type: 'string' },
        'keep-old': { type: 'boolean' },
        'registry-key': { type: 'string' },
        origin: { type: 'string' },
        lift: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    })
    const command = commands[positionals.slice(0, 2).join(' ')]
    if (!command || values.help) {
      terminal.print(usage.trimEnd())
      return values.help || positionals.length === 0 ? 0 : 2
    }
    await command({ words: positionals.slice(2), options: values, terminal })
    return 0
  } catch (error) {
    if (error instanceof UsageError || error instanceof TypeError) {
      terminal.complain(`${error.message} See pcbs --help.`)
      return 2
    }
    // A driver's own message may hold values.
    terminal.complain(error instanceof CommandError ? error.message : 'The command failed.')
    return 1
  }
}
