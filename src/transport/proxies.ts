// Who really asks, where proxies stand in between: what they tell in X-Forwarded-* headers, of those alone that are trusted.
import type { IncomingMessage } from 'node:http';
import proxyAddress from 'proxy-addr';

type Asking = Pick<IncomingMessage, 'headers' | 'socket'>;

export interface Proxies {
  /** Of the client: of the nearest that is no trusted proxy. '' where the connection is gone. */
  addressOf(request: Asking): string;
  /** The host that the client has named. */
  hostOf(request: Asking): string | undefined;
  isTrusted(address: string): boolean;
}

/** @param trusted addresses and ranges, see `trustedProxies` of Config */
export function createProxies(trusted: readonly string[]): Proxies {
  const trusts = proxyAddress.compile([...trusted]);
  const isTrusted = (address: string): boolean => address !== '' && trusts(address, 0);
  const peerOf = ({ socket }: Asking): string => socket.remoteAddress ?? '';
  return {
    isTrusted,
    addressOf(request) {
      const peer = peerOf(request);
      if (!isTrusted(peer)) return peer;
      // The nearest first.
      const all = proxyAddress.all(request as IncomingMessage).map(withoutPort);
      return all.find((address) => !isTrusted(address)) ?? all.at(-1) ?? peer;
    },
    hostOf(request) {
      const forwarded = request.headers['x-forwarded-host'];
      if (forwarded === undefined || !isTrusted(peerOf(request))) return request.headers.host;
      // Each proxy adds what it was asked for: the first is the client's.
      return String(forwarded).split(',')[0]?.trim();
    },
  };
}

/** Some proxies write it behind the address. */
const withoutPort = (address: string): string =>
  /^\[([^\]]+)\](?::\d+)?$/.exec(address)?.[1] ??
  /^(\d{1,3}(?:\.\d{1,3}){3}):\d+$/.exec(address)?.[1] ??
  address;
