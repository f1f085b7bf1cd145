import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net'

/**
 * Whom an address stands for when requests are counted: an IPv4 address for itself, an IPv6 address for its network of 64
 * bits, since whoever has one has all 2^64 (RFC 4291 §2.5.1, RFC 6177). An IPv4 address in IPv6 form (RFC 4291 §2.5.5.2) is
 * the IPv4 address. Proxies may add the port.
 * @returns `undefined` for what is no address
 */
export function countedAddress(text: string): string | undefined {
  const address = withoutPort(text.trim())
  if (isIPv4(address)) return address
  if (!isIPv6(address)) return undefined
  const groups = groupsOf(address)
  const [mapped, high = 0, low = 0] = [groups.slice(0, 6).join(), groups[6], groups[7]]
  if (mapped === '0,0,0,0,0,65535') return [high >> 8, high & 255, low >> 8, low & 255].join('.')
  return `${groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':')}::/64`
}

/** `203.0.113.7:4711`, `[2001:db8::1]:443` and `[2001:db8::1]` without what is around the address. */
function withoutPort(text: string): string {
  const [, bracketed, plain] = /^(?:\[([^\]]*)\](?::\d+)?|([\d.]+):\d+)$/.exec(text) ?? []
  return bracketed ?? plain ?? text
}

/** The eight groups of a valid IPv6 address. */
function groupsOf(address: string): readonly number[] {
  const [text = ''] = address.split('%')
  const hex = text.replace(/[\d.]+$/, (last) => (isIPv4(last) ? ipv4Groups(last) : last))
  const [head = '', tail] = hex.split('::')
  const parse = (part: string) =>
    part
      .split(':')
      .filter(Boolean)
      .map((group) => Number.parseInt(group, 16))
  const [before, after] = [parse(head), parse(tail ?? '')]
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length
  return [...before, ...Array.from({ length: zeros }, () => 0), ...after]
}

function ipv4Groups(address: string): string {
  const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number)
  return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`
}

/**
 * Reads which peers are proxies of ours, as Express's `trust proxy` takes it: how many there are one behind the other, or
 * their addresses and networks, joined by commas. Only what such a peer says in X-Forwarded-For is believed.
 * @returns `undefined` for anything else, a network of every address among it
 */
export function readTrustedProxies(text: string): number | readonly string[] | undefined {
  const trimmed = text.trim()
  if (/^\d{1,2}$/.test(trimmed)) return Number(trimmed)
  const networks = trimmed
    .split(',')
    .map((each) => each.trim())
    .filter(Boolean)
  return networks.every(isNetwork) ? networks : undefined
}

const namedNetworks: ReadonlySet<string> = new Set(['loopback', 'linklocal', 'uniquelocal'])

function isNetwork(text: string): boolean {
  if (namedNetworks.has(text) || isIP(text)) return true
  const [, address = '', bits] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? []
  const family = isIP(address)
  // Whoever trusts every address believes whatever anybody says of theirs.
  if (family === 0 || Number(bits) === 0) return false
  try {
    new BlockList().addSubnet(address, Number(bits), family === 4 ? 'ipv4' : 'ipv6')
    return true
  } catch {
    return false
  }
}
