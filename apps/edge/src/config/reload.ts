import type { EdgeConfig } from './edge-config.ts'

/** What cannot change while an edge runs, by the names of its fields. */
const fixed: Readonly<Record<string, (config: EdgeConfig) => unknown>> = {
  registry: ({ registry: { telco, registryUrl, issuerUrl, custodianUrl, clientId, stateFolder } }) => [
    telco,
    registryUrl,
    issuerUrl,
    custodianUrl,
    clientId,
    stateFolder,
  ],
  'settings.name': ({ name }) => name,
  'settings.workers': ({ workers }) => workers,
  'settings.host': ({ checks }) => checks.n5gEir.host,
  'settings.port': ({ checks }) => checks.n5gEir.port,
  'settings.tlsCertificate': ({ checks }) => checks.n5gEir.tls !== undefined,
  'settings.s13Port': ({ checks }) => [checks.s13?.host, checks.s13?.port],
  'settings.s13OriginHost': ({ checks }) => [checks.s13?.originHost, checks.s13?.originRealm],
  'settings.s13Certificate': ({ checks }) => checks.s13?.tls !== undefined,
  'settings.operationsPort': ({ operations }) => operations,
  'settings.nrfUrl': ({ nrf }) => nrf,
}

/** Finds the fields of another configuration that an edge takes up at its next start alone. */
export function findUnreloadable(current: EdgeConfig, next: EdgeConfig): readonly string[] {
  return Object.entries(fixed)
    .filter(([, read]) => JSON.stringify(read(current)) !== JSON.stringify(read(next)))
    .map(([field]) => field)
}
