// Addresses that are not reached from the internet: this machine's own, and those of private networks.
import { BlockList, isIPv6 } from 'node:net';

const privateAddresses = new BlockList();
privateAddresses.addSubnet('127.0.0.0', 8);
privateAddresses.addSubnet('10.0.0.0', 8);
privateAddresses.addSubnet('172.16.0.0', 12);
privateAddresses.addSubnet('192.168.0.0', 16);
privateAddresses.addSubnet('169.254.0.0', 16);
privateAddresses.addAddress('::1', 'ipv6');
privateAddresses.addSubnet('fc00::', 7, 'ipv6');
privateAddresses.addSubnet('fe80::', 10, 'ipv6');

/** Of a socket. Where it tells none, it is not. */
export function isPrivateAddress(address: string | undefined): boolean {
  if (address === undefined) return false;
  // How a socket that listens for both tells the older one.
  const plain = address.replace(/^::ffff:(?=[\d.]+$)/i, '').replace(/%.*$/, '');
  return privateAddresses.check(plain, isIPv6(plain) ? 'ipv6' : 'ipv4');
}
