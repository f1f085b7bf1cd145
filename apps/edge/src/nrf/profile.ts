import type { NrfAddress } from './address.ts'
import type { NrfSettings, NrfTls } from './settings.ts'

/** The version of N5g-eir that is served here (TS 29.511 V17). */
const apiVersion = { apiVersionInUri: 'v1', apiFullVersion: '1.2.0' }

/** What an NRF tells AMFs of this edge (TS 29.510 §6.1.6.2.2, §6.1.6.2.3). */
export function makeProfile(settings: Omit<NrfSettings, 'url' | keyof NrfTls>): object {
  const { instanceId, address, port, scheme, priority, capacity, isTokenRequired } = settings
  const isNamed = 'fqdn' in address
  const service = {
    serviceInstanceId: 'n5g-eir-eic-1',
    serviceName: 'n5g-eir-eic',
    versions: [apiVersion],
    scheme,
    nfServiceStatus: 'REGISTERED',
    ...(isNamed && address),
    ipEndPoints: [{ ...(!isNamed && address), transport: 'TCP', port }],
    allowedNfTypes: ['AMF'],
    oauth2Required: isTokenRequired,
  }
  return {
    nfInstanceId: instanceId,
    nfType: '5G_EIR',
    nfStatus: 'REGISTERED',
    ...reachedAt(address),
    priority,
    capacity,
    nfServices: [service],
    // Newer NRFs read the map, older ones the array.
    nfServiceList: { [service.serviceInstanceId]: service },
  }
}

function reachedAt(address: NrfAddress): object {
  if ('ipv4Address' in address) return { ipv4Addresses: [address.ipv4Address] }
  if ('ipv6Address' in address) return { ipv6Addresses: [address.ipv6Address] }
  return { fqdn: address.fqdn }
}
