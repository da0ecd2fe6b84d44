/**
 * Whether an address belongs to the public internet. Only `unicast` does: private, loopback, link-local (cloud metadata),
 * multicast, translated and mapped forms do not, whatever an address looks like (https://www.iana.org/assignments/iana-ipv4-special-registry,
 * https://www.iana.org/assignments/ipv6-address-space).
 */
import ipaddr from 'ipaddr.js';

/** @param address as a resolver gives it, or as it stands in a URL, in brackets or not. */
export function isPublicAddress(address: string): boolean {
  const bare = address.replace(/^\[|\]$/gu, '').replace(/%.*$/u, '');
  // Four decimal parts only: short, octal and hexadecimal forms are read differently by different programs.
  if (!ipaddr.IPv4.isValidFourPartDecimal(bare) && !ipaddr.IPv6.isValid(bare)) return false;
  // An IPv6 form of an IPv4 address is judged as that address.
  const judged = ipaddr.process(bare);
  if (cloudServices.has(judged.toString())) return false;
  return (
    judged.range() === 'unicast' && (judged.kind() === 'ipv4' || isGlobal(judged.toByteArray())) && !isEmbedding(bare)
  );
}

/** Public by their number, and answered by the cloud's own machinery: Azure's wire server hands out a machine's secrets. */
const cloudServices: ReadonlySet<string> = new Set(['168.63.129.16']);

/** IANA gives out 2000::/3 alone; what else a machine routes is the network's own, such as a translation to IPv4 of its making. */
function isGlobal([first = 0]: readonly number[]): boolean {
  return first >> 5 === 0b001;
}

/** Forms that carry an IPv4 address: whoever translates them reaches what is behind it. */
function isEmbedding(address: string): boolean {
  const parsed = ipaddr.parse(address);
  if (parsed.kind() !== 'ipv6') return false;
  const bytes = parsed.toByteArray();
  // IPv4-compatible, `::7f00:1`.
  if (bytes.slice(0, 12).every((byte) => byte === 0)) return true;
  // ISATAP (RFC 5214), `…:0:5efe:7f00:1`, also with the universal bit.
  return (bytes[8] === 0 || bytes[8] === 2) && bytes[9] === 0 && bytes[10] === 0x5e && bytes[11] === 0xfe;
}
