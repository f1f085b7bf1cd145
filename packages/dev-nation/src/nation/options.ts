import { parseArgs } from 'node:util'

/** Which ports a nation uses. */
export interface NationPorts {
  readonly api: number
  readonly authorization: number
  readonly custodian: number
  /** N5g-eir of the three telcos' edges. */
  readonly edges: readonly [number, number, number]
}

/** How to run a nation. */
export interface NationOptions {
  /** Where everything is kept. */
  readonly folder: string
  /** Whether what is kept there is thrown away first. */
  readonly isFresh: boolean
  readonly ports: NationPorts
  readonly seed: number
  readonly subscriptions: number
  /** Another PostgreSQL to use in place of the embedded one: a superuser's URL. */
  readonly databaseUrl: string | undefined
}

/** What every command line of a nation takes; the numbers are whole. */
export const nationFlags = {
  folder: { type: 'string', default: '.pcbs' },
  fresh: { type: 'boolean', default: false },
  'api-port': { type: 'string', default: '4000' },
  'auth-port': { type: 'string', default: '4001' },
  'custodian-port': { type: 'string', default: '4002' },
  'edge-port': { type: 'string', default: '4101' },
  seed: { type: 'string', default: '1' },
  subscriptions: { type: 'string', default: '3000' },
  help: { type: 'boolean', default: false },
} as const

/** What the flags mean, for `--help`. */
export const nationUsage = `  --folder DIR          where everything is kept (.pcbs)
  --fresh               start over: throw away what is kept there
  --api-port N          the API (4000)
  --auth-port N         the authorization server (4001)
  --custodian-port N    the custodian (4002)
  --edge-port N         the first of the edges' three N5g-eir ports (4101)
  --subscriptions N     how many subscriptions the simulated nation has (3000)
  --seed N              which nation it is (1)
  DATABASE_URL          a superuser's URL of another PostgreSQL 18, in place of the embedded one
`

/**
 * Reads the flags of a command line.
 * @throws {TypeError} naming the flag that is unknown or no number
 */
export function readNationOptions(
  argv: readonly string[],
  environment: NodeJS.ProcessEnv,
): { options: NationOptions; isHelp: boolean; isJson: boolean } {
  const { values } = parseArgs({
    args: [...argv],
    options: { ...nationFlags, json: { type: 'boolean', default: false } },
  })
  const number = (flag: keyof typeof values): number => {
    const value = Number(values[flag])
    if (!Number.isSafeInteger(value) || value < 0) throw new TypeError(`--${flag} must be a whole number`)
    return value
  }
  const firstEdge = number('edge-port')
  return {
    isHelp: values.help,
    isJson: values.json,
    options: {
      folder: values.folder,
      isFresh: values.fresh,
      ports: {
        api: number('api-port'),
        authorization: number('auth-port'),
        custodian: number('custodian-port'),
        edges: [firstEdge, firstEdge + 1, firstEdge + 2],
      },
      seed: number('seed'),
      subscriptions: number('subscriptions'),
      databaseUrl: environment.DATABASE_URL,
    },
  }
}
