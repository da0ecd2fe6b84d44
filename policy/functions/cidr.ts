/**
 * `cidr(value, '10.0.0.0/8')`: whether an IP address is in a block. Only the usual ways to write an address are read: octal,
 * hexadecimal and short forms are other addresses to other readers, so they are an error, which denies.
 */
import ipaddr from 'ipaddr.js';
import type { CompiledPattern } from '../text-patterns.ts';

export function compileCidr(block: string): CompiledPattern {
  const [written = '', bits = '', ...more] = block.split('/');
  const address = readAddress(written);
  const longest = address?.kind() === 'ipv6' ? 128 : 32;
  if (!address || more.length > 0 || !/^\d{1,3}$/u.test(bits) || Number(bits) > longest) {
    return { kind: 'invalid', reason: 'not an address, a slash and a number of bits' };
  }
  const prefix = Number(bits);
  if (!isStartOfBlock(address, prefix)) return { kind: 'invalid', reason: 'its address has bits beyond the prefix' };
  return {
    kind: 'pattern',
    test: (text) => {
      const given = readAddress(text);
      if (!given) throw new RangeError('not an IP address');
      if (given.kind() === 'ipv6' && address.kind() === 'ipv4' && translated.includes(given.range())) {
        throw new RangeError('an IPv6 address that a translator takes for an IPv4 address');
      }
      return given.kind() === address.kind() && given.match(address, prefix);
    },
  };
}

/** NAT64, 6to4, Teredo and stateless translation: which IPv4 address is reached is the network's business. */
const translated: readonly string[] = ['rfc6052', '6to4', 'teredo', 'rfc6145'];

/** An IPv4 address that is written as IPv6 (`::ffff:10.0.0.1`) is the IPv4 address. */
function readAddress(text: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text);
  if (!text.includes(':') || text.includes('%') || !ipaddr.IPv6.isValid(text)) return undefined;
  const address = ipaddr.IPv6.parse(text);
  return address.isIPv4MappedAddress() ? address.toIPv4Address() : address;
}

function isStartOfBlock(address: ipaddr.IPv4 | ipaddr.IPv6, prefix: number): boolean {
  return address.toByteArray().every((byte, index) => {
    const kept = Math.min(8, Math.max(0, prefix - index * 8));
    return (byte & (0xff >> kept)) === 0;
  });
}
