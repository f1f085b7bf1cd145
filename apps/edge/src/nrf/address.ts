import { BlockList, isIP } from 'node:net'

/** Where AMFs reach an edge, as an NRF's profile has it (TS 29.510 §6.1.6.2.2). */
export type NrfAddress =
  | { readonly ipv4Address: string }
  | { readonly ipv6Address: string }
  | { readonly fqdn: string }

/** Addresses that are nobody's (RFC 6890 §2.2): this host on any network, all hosts of one, and groups. */
const nobodys = new BlockList()
nobodys.addSubnet('0.0.0.0', 8)
nobodys.addSubnet('169.254.0.0', 16)
nobodys.addSubnet('224.0.0.0', 4)
nobodys.addSubnet('240.0.0.0', 4)
nobodys.addAddress('::', 'ipv6')
nobodys.addSubnet('ff00::', 8, 'ipv6')
// Those that need a zone or are deprecated (RFC 4291 §2.5.7, RFC 3879), and those that hold an IPv4 address, which TS 29.571
// §5.2.2 forbids.
nobodys.addSubnet('fe80::', 10, 'ipv6')
nobodys.addSubnet('fec0::', 10, 'ipv6')
const [ipv4Compatible, loopback] = [/^::[0-9a-f]{1,4}(?::[0-9a-f]{1,4})?$/, '::1']
const ipv4Mapped = /^::ffff:/

/** A fully qualified domain name as TS 29.571 §5.2.2 has it. */
const fqdnForm = /^(?=.{4,253}$)(?:[0-9A-Za-z](?:[0-9A-Za-z-]{0,61}[0-9A-Za-z])?\.)+[A-Za-z]{2,63}\.?$/

/** Reads an address that AMFs can be sent to: IPv6 in its shortest form (RFC 5952 §4), or `undefined` where it is none. */
export function parseAddress(text: string): NrfAddress | undefined {
  switch (isIP(text)) {
    case 4:
      return nobodys.check(text) ? undefined : { ipv4Address: text }
    case 6: {
      const ipv6Address = shortest(text)
      if (ipv6Address === undefined || ipv4Mapped.test(ipv6Address)) return undefined
      if (ipv4Compatible.test(ipv6Address) && ipv6Address !== loopback) return undefined
      return nobodys.check(ipv6Address, 'ipv6') ? undefined : { ipv6Address }
    }
    default:
      return fqdnForm.test(text) ? { fqdn: text } : undefined
  }
}

/** An address with a zone, which is one of this machine alone, has no such form. */
function shortest(address: string): string | undefined {
  return URL.parse(`http://[${address}]`)?.hostname.slice(1, -1)
}
