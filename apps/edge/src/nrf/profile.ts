import type { NrfSettings } from './settings.ts'

/** The version of N5g-eir that is served here (TS 29.511 V17). */
const apiVersion = { apiVersionInUri: 'v1', apiFullVersion: '1.2.0' }

/** What an NRF tells AMFs of this edge (TS 29.510 §6.1.6.2.2, §6.1.6.2.3). */
export function makeProfile(settings: Omit<NrfSettings, 'url' | 'ca'>): object {
  const { instanceId, address, port, scheme, priority, capacity, isTokenRequired } = settings
  const isNumbered = 'ipv4Address' in address
  const named = isNumbered ? { ipv4Addresses: [address.ipv4Address] } : { fqdn: address.fqdn }
  const service = {
    serviceInstanceId: 'n5g-eir-eic-1',
    serviceName: 'n5g-eir-eic',
    versions: [apiVersion],
    scheme,
    nfServiceStatus: 'REGISTERED',
    ...(isNumbered ? {} : { fqdn: address.fqdn }),
    ipEndPoints: [{ ...(isNumbered && address), transport: 'TCP', port }],
    allowedNfTypes: ['AMF'],
    oauth2Required: isTokenRequired,
  }
  return {
    nfInstanceId: instanceId,
    nfType: '5G_EIR',
    nfStatus: 'REGISTERED',
    ...named,
    priority,
    capacity,
    nfServices: [service],
    // Newer NRFs read the map, older ones the array.
    nfServiceList: { [service.serviceInstanceId]: service },
  }
}
