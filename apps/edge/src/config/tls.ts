import type { TlsOptions } from 'node:tls'
import type { TlsFiles } from './settings-reader.ts'

/** TLS as Node's servers take it. */
export function tlsOptions({ certificate, key, clientCa }: TlsFiles): TlsOptions {
  return {
    cert: certificate,
    key,
    minVersion: 'TLSv1.2',
    ...(clientCa !== undefined && { ca: clientCa, requestCert: true, rejectUnauthorized: true }),
  }
}
