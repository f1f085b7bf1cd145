import { rawPublicKey } from '@pcbs/seal'
import type { CheckSettings, EdgeConfig } from './edge-config.ts'
import type { TlsFiles } from './settings-reader.ts'

/** What cannot change while an edge runs, by the names of its fields. */
const fixed: Readonly<Record<string, (config: EdgeConfig) => unknown>> = {
  registry: ({ registry }) => [
    registry.telco,
    registry.registryUrl,
    registry.issuerUrl,
    registry.custodianUrl,
    registry.clientId,
    registry.stateFolder,
    rawPublicKey(registry.listRoot),
    rawPublicKey(registry.privateKey),
  ],
  'settings.keptKeys': ({ areKeysKept }) => areKeysKept,
  'settings.listRenewalChanges': ({ listRenewalChanges }) => listRenewalChanges,
  'settings.name': ({ name }) => name,
  'settings.workers': ({ workers }) => workers,
  'settings.host': ({ checks }) => checks.n5gEir.host,
  'settings.port': ({ checks }) => checks.n5gEir.port,
  'settings.sessions': ({ checks }) => checks.n5gEir.mostSessions,
  'settings.tlsCertificate': ({ checks }) => tlsKind(checks.n5gEir.tls),
  'settings.s13Port': ({ checks }) => [checks.s13?.host, checks.s13?.port],
  'settings.s13OriginHost': ({ checks }) => [checks.s13?.originHost, checks.s13?.originRealm],
  'settings.s13Connections': ({ checks }) => checks.s13?.mostConnections,
  'settings.s13WatchdogSeconds': ({ checks }) => checks.s13?.watchdogMs,
  'settings.s13CertificateName': ({ checks }) => checks.s13?.certificateName,
  'settings.s13Certificate': ({ checks }) => tlsKind(checks.s13?.tls),
  'settings.operationsPort': ({ operations }) => operations,
  'settings.nrfUrl': ({ nrf }) => nrf && { ...nrf, ca: '', certificate: '', key: '' },
}

/** Finds the fields of another configuration that an edge takes up at its next start alone. */
export function findUnreloadable(current: EdgeConfig, next: EdgeConfig): readonly string[] {
  return Object.entries(fixed)
    .filter(([, read]) => JSON.stringify(read(current)) !== JSON.stringify(read(next)))
    .map(([field]) => field)
}

/** A server speaks TLS or does not, and asks for certificates or does not, for as long as it listens. */
function tlsKind(tls: TlsFiles | undefined): 'none' | 'server' | 'mutual' {
  if (!tls) return 'none'
  return tls.clientCa === undefined ? 'server' : 'mutual'
}

function keepKind(former: TlsFiles | undefined, next: TlsFiles | undefined): TlsFiles | undefined {
  return tlsKind(former) === tlsKind(next) ? next : former
}

/** What threads are told anew: where and how they listen stays as it is until a restart. */
export function reloadable(former: CheckSettings, next: CheckSettings): CheckSettings {
  return {
    ...next,
    n5gEir: {
      ...former.n5gEir,
      oauth: next.n5gEir.oauth,
      tls: keepKind(former.n5gEir.tls, next.n5gEir.tls),
    },
    s13:
      former.s13 &&
      (next.s13
        ? { ...former.s13, peers: next.s13.peers, tls: keepKind(former.s13.tls, next.s13.tls) }
        : former.s13),
  }
}
