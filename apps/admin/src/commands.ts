import { parseArgs } from 'node:util'
import { type Command, CommandError, type Options, type Terminal, UsageError } from './command.ts'
import { migrateDatabase, showMigrations } from './database.ts'
import { approveRange, listLapses, listRanges, proposeRange, showCase, showTelcos } from './enforcement.ts'
import { acceptFeed, listFeeds, refuseFeed, showFeed } from './feeds.ts'
import { exportLog, verifyLog } from './log.ts'
import {
  approveOpening,
  checkClaim,
  listOpenings,
  makeKey,
  openRecord,
  requestOpening,
  showId,
} from './officer.ts'
import { publishPolicy, showPolicy } from './policy.ts'
import { addTelco, listTelcos, rotateKey, suspendTelco } from './telcos.ts'
import { verifyDatabase } from './verify/command.ts'

const usage = `pcbs: the registry's administration

  pcbs feeds list [--telco CODE] [--kind subscribers|pairings] [--state STATE]
  pcbs feeds show TELCO KIND NUMBER      one feed, and what a quarantined one holds
  pcbs feeds accept TELCO KIND NUMBER    apply a quarantined feed
  pcbs feeds refuse TELCO KIND NUMBER    give a quarantined feed up

  pcbs enforcement telcos                what every edge enforces, and how often phones were refused
  pcbs enforcement case CASE             from block to each network; where the phone was refused, or is still in use
  pcbs enforcement lapses [--telco CODE] blocked phones that a telco's later feeds show in use

  pcbs ranges list                       models that are listed, or proposed
  pcbs ranges propose FROM TO STATUS REASON   TACs of eight digits; PROHIBITED, TRACKING or PERMITTED
  pcbs ranges approve RANGE              put another officer's proposal in force

  pcbs telcos list
  pcbs telcos add CODE NAME --public-key=KEY          make room for a telco that signs with this key
  pcbs telcos rotate-key CODE --public-key=KEY [--keep-old]
  pcbs telcos suspend CODE [--lift]                   take no feeds and cases; the block list is still served

  pcbs policy show                       what is collected, in force
  pcbs policy publish FILE               the next collection policy, signed by the custodian; FILE is JSON such as
                                         {"name":{"form":"sealed","basis":"the law that asks for it"}}

  pcbs officer key FILE                  make an officer's key; its public half is for the custodians
  pcbs officer id                        your id here, for the custodians' officers files
  pcbs officer request CASE --purpose PURPOSE --key FILE     ask for the opening of a case's sealed record
  pcbs officer list                                          openings, newest first
  pcbs officer approve OPENING --key FILE                    approve another officer's request
  pcbs officer open OPENING --key FILE                       open the record; it is shown here and nowhere else
  pcbs officer check-claim TELCO --key FILE                  is a document that of a number's owner? asks for both

  pcbs log export FILE                   the whole transparency log, as an officer or auditor
  pcbs log verify FILE --registry-key=KEY --origin NAME   audit an export offline

  pcbs db status                         which migrations the database has
  pcbs db migrate                        bring it up to date
  pcbs db verify                         list against cases, histories against the log, counters against rows, heads
                                         against changes; reads one moment, writes nothing

  feeds, enforcement, ranges, officer, log export: an officer signs in in the browser. PCBS_API_URL and PCBS_ISSUER say where, localhost otherwise;
  PCBS_CLIENT_ID and PCBS_SIGN_IN_SCOPE are what the provider knows it by and is asked for; the browser is waited for
  three minutes, or PCBS_SIGN_IN_SECONDS. PCBS_ACCESS_TOKEN is used instead where it is set.
  telcos, policy, db status, db migrate: PCBS_OWNER_DATABASE_URL connects as the schema's owner.
  db verify: PCBS_API_DATABASE_URL, PCBS_CUSTODIAN_URLS and PCBS_CUSTODIAN_KEY_FILE, as the API has them, on its host.
  policy publish: PCBS_CUSTODIAN_URLS are all custodians, the first one's key signs; PCBS_ADMIN_KEY_FILE is the key
  with which the administration asks it. officer check-claim: PCBS_CUSTODIAN_URLS, the first.
  KEY is an Ed25519 public key, 32 bytes in base64url.
`

const commands: Readonly<Record<string, Command>> = {
  'feeds list': listFeeds,
  'feeds show': showFeed,
  'feeds accept': acceptFeed,
  'feeds refuse': refuseFeed,
  'enforcement telcos': showTelcos,
  'enforcement case': showCase,
  'enforcement lapses': listLapses,
  'ranges list': listRanges,
  'ranges propose': proposeRange,
  'ranges approve': approveRange,
  'telcos list': listTelcos,
  'telcos add': addTelco,
  'telcos rotate-key': rotateKey,
  'telcos suspend': suspendTelco,
  'policy show': showPolicy,
  'policy publish': publishPolicy,
  'officer key': makeKey,
  'officer id': showId,
  'officer request': requestOpening,
  'officer list': listOpenings,
  'officer approve': approveOpening,
  'officer open': openRecord,
  'officer check-claim': checkClaim,
  'log export': exportLog,
  'log verify': verifyLog,
  'db status': showMigrations,
  'db migrate': migrateDatabase,
  'db verify': verifyDatabase,
}

const optionTypes = {
  telco: { type: 'string' },
  kind: { type: 'string' },
  state: { type: 'string' },
  'public-key': { type: 'string' },
  'keep-old': { type: 'boolean' },
  'registry-key': { type: 'string' },
  origin: { type: 'string' },
  lift: { type: 'boolean' },
  key: { type: 'string' },
  purpose: { type: 'string' },
  help: { type: 'boolean' },
} as const

/** Runs one command line; gives the exit code: 2 where it was typed wrong, 1 where it could not be carried out. */
export async function runCommand(argv: readonly string[], terminal: Terminal): Promise<number> {
  try {
    const { words, options } = readWords(argv)
    const name = words.slice(0, 2).join(' ')
    const command = commands[name]
    if (!command && words.length > 0 && !options.help) throw new UsageError(`There is no command ${name}.`)
    if (!command || options.help) {
      terminal.print(usage.trimEnd())
      return 0
    }
    await command({ words: words.slice(2), options, terminal })
    return 0
  } catch (error) {
    if (error instanceof UsageError) {
      terminal.complain(`${error.message} See pcbs --help.`)
      return 2
    }
    terminal.complain(error instanceof CommandError ? error.message : describeFault(error))
    return 1
  }
}

/** @throws {UsageError} for an option that is none */
function readWords(argv: readonly string[]): {
  readonly words: readonly string[]
  readonly options: Options & { readonly help?: boolean | undefined }
} {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: optionTypes,
    })
    return { words: positionals, options: values }
  } catch (error) {
    // Node's words go on, after the first sentence, about how to write what nobody means.
    const [said = ''] = error instanceof Error ? error.message.split('. ') : []
    throw new UsageError(`${said.replace(/\.$/, '')}.`)
  }
}

/** A driver's own message may hold values; its code does not. */
function describeFault(error: unknown): string {
  const { code, cause } = error as { readonly code?: unknown; readonly cause?: { readonly code?: unknown } }
  const found = [code, cause?.code].find((each) => typeof each === 'string')
  return found === undefined ? 'The command failed.' : `The command failed: ${found}.`
}
