import { join } from 'node:path'
import { type RunningProgram, runProgram } from '../processes/child.ts'
import { appModule } from './app-module.ts'

/** What custodians are started with. */
export interface CustodianPlan {
  /** The registry's folder. */
  readonly folder: string
  readonly ports: { readonly custodian: number; readonly secondCustodian?: number }
  /** Who may ask, and which officers may sign. */
  readonly callersFile: string
  readonly officersFile: string
  readonly signal?: AbortSignal | undefined
}

/** The custodians of a registry: one, or two without both of whom nothing opens. */
export interface Custodians {
  /** Their addresses, the main one's first. */
  readonly urls: readonly string[]
  /** The public key under which list and policy are signed, and which vouches for the log's. */
  readonly listRoot: string
  readonly main: RunningProgram
  readonly second: RunningProgram | undefined
  startMain(): Promise<RunningProgram>
  startSecond(): Promise<RunningProgram | undefined>
}

/** The main custodian's keyring. */
export function mainKeyring(folder: string): string {
  return join(folder, 'custodian', `${names[0]}.json`)
}

const names = ['custodian-a', 'custodian-b'] as const

/** Starts them. */
export async function startCustodians(plan: CustodianPlan): Promise<Custodians> {
  const { ports } = plan
  const startMain = () => start(plan, names[0], ports.custodian)
  const main = await startMain()
  const urls = [ports.custodian, ports.secondCustodian].flatMap((port) =>
    port === undefined ? [] : [`http://localhost:${port}`],
  )
  const answer = await fetch(new URL('/v1/list-root', urls[0]))
  const { publicKey: listRoot } = (await answer.json()) as { publicKey: string }
  const startSecond = async () =>
    ports.secondCustodian === undefined
      ? undefined
      : start(plan, names[1], ports.secondCustodian, {
          PCBS_CUSTODIAN_PLACE: '2',
          PCBS_CUSTODIAN_LOG_KEY: listRoot,
        })
  return { urls, listRoot, main, second: await startSecond(), startMain, startSecond }
}

function start(
  { folder, callersFile, officersFile, signal }: CustodianPlan,
  name: (typeof names)[number],
  port: number,
  environment: Readonly<Record<string, string>> = {},
): Promise<RunningProgram> {
  return runProgram({
    name,
    module: appModule('custodian'),
    logFile: join(folder, 'logs', `${name}.log`),
    environment: {
      PCBS_CUSTODIAN_NAME: name,
      PCBS_CUSTODIAN_PORT: String(port),
      PCBS_CUSTODIAN_KEYRING: join(folder, 'custodian', `${name}.json`),
      PCBS_CUSTODIAN_CALLERS: callersFile,
      PCBS_CUSTODIAN_OFFICERS: officersFile,
      ...environment,
    },
    signal,
  })
}
