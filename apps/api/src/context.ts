import type { RegistryDb, Store, Telco } from '@pcbs/store'
import type { ListSigner } from './block-list/signer.ts'
import type { ListWatch } from './block-list/watch.ts'
import type { Config } from './config.ts'
import type { Custodians } from './custodians.ts'
import type { Intake } from './feeds/intake.ts'
import type { RegistryKeys } from './keys.ts'
import type { LogEvent } from './log.ts'
import type { Metrics } from './metrics.ts'
import type { Policies } from './policy/policies.ts'
import type { LogPublisher } from './transparency/publisher.ts'

/** What handlers work with. */
export interface Context {
  readonly config: Config
  /** The api role's connection. */
  readonly db: RegistryDb
  /** The ingest role's connections. */
  readonly ingest: Store
  readonly intake: Intake
  readonly keys: RegistryKeys
  readonly telcos: readonly Telco[]
  readonly policies: Policies
  readonly custodians: Custodians
  readonly publisher: LogPublisher
  readonly signer: ListSigner
  readonly watch: ListWatch
  readonly log: LogEvent
  readonly metrics: Metrics
  now(): Date
}

/** The telco with this id; every stored row names one that exists. */
export function telcoById({ telcos }: Pick<Context, 'telcos'>, id: number): Telco {
  const telco = telcos.find((each) => each.id === id)
  if (!telco) throw new Error('a row names a telco that is not loaded')
  return telco
}
