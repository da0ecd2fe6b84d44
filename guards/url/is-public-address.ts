/**
 * Whether an address belongs to the public internet. Only `unicast` does: private, loopback, link-local (cloud metadata),
 * multicast, translated and mapped forms do not, whatever an address looks like (https://www.iana.org/assignments/iana-ipv4-special-registry).
 */
import ipaddr from 'ipaddr.js';

/** @param address as a resolver gives it, or as it stands in a URL, in brackets or not. */
export function isPublicAddress(address: string): boolean {
  const bare = address.replace(/^\[|\]$/gu, '').replace(/%.*$/u, '');
  // Four decimal parts only: short, octal and hexadecimal forms are read differently by different programs.
  if (!ipaddr.IPv4.isValidFourPartDecimal(bare) && !ipaddr.IPv6.isValid(bare)) return false;
  // An IPv6 form of an IPv4 address is judged as that address.
  return ipaddr.process(bare).range() === 'unicast' && !isEmbedding(bare);
}

/** Forms that carry an IPv4 address: whoever translates them reaches what is behind it. */
function isEmbedding(address: string): boolean {
  const parsed = ipaddr.parse(address);
  if (parsed.kind() !== 'ipv6') return false;
  // IPv4-compatible, `::7f00:1`.
  return parsed
    .toByteArray()
    .slice(0, 12)
    .every((byte) => byte === 0);
}
