// What REDIS_URL says: one Redis, a master that Sentinel names, or a Cluster. `URL` can not read several hosts.

export interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

export interface RedisLogin {
  readonly username?: string;
  readonly password?: string;
}

export type RedisUrl =
  | { readonly kind: 'single'; readonly url: string; readonly address: HostAndPort }
  | {
      readonly kind: 'sentinel';
      readonly sentinels: readonly HostAndPort[];
      /** The name by which the sentinels know the master. */
      readonly master: string;
      readonly tls: boolean;
      readonly login: RedisLogin;
      /** The sentinels' own, which need not be that of the master. */
      readonly sentinelLogin: RedisLogin;
      readonly database: number;
    }
  | {
      readonly kind: 'cluster';
      /** Any of its nodes: they know the others. */
      readonly seeds: readonly HostAndPort[];
      readonly tls: boolean;
      readonly login: RedisLogin;
    };

/** For the sentence that refuses another. */
export const redisUrlShape =
  'a URL that begins with redis:// or rediss:// (redis://host:6379, and /1 behind it for another database), or one like redis+sentinel://host1:26379,host2:26379/name-of-the-master ' +
  'or redis+cluster://host1:6379,host2:6379 (with TLS: rediss+sentinel://, rediss+cluster://)';

const several = /^(rediss?)\+(sentinel|cluster):\/\/([^/?#]+)(?:\/([^/?#]*))?(?:\?([^#]*))?$/;

/** null where it is none of these. */
export function parseRedisUrl(text: string): RedisUrl | null {
  const [, scheme, kind, authority, path = '', query = ''] = several.exec(text) ?? [];
  if (scheme === undefined || authority === undefined) return parseSingle(text);
  // An @ within a password should be percent-encoded; the last one is the seam all the same.
  const seam = authority.lastIndexOf('@');
  const login = seam === -1 ? {} : parseLogin(authority.slice(0, seam));
  const hosts = parseHosts(authority.slice(seam + 1), kind === 'sentinel' ? 26_379 : 6_379);
  if (login === null || hosts === null) return null;

  const tls = scheme === 'rediss';
  if (kind === 'cluster') {
    return path === '' && query === '' ? { kind, seeds: hosts, tls, login } : null;
  }
  const master = decode(path);
  const parameters = parseSentinelParameters(query);
  if (master === null || master === '' || parameters === null) return null;
  return { kind: 'sentinel', sentinels: hosts, master, tls, login, ...parameters };
}

/** For people: "host1:26379, host2:26379". */
export const formatHosts = (hosts: readonly HostAndPort[]): string => hosts.map(formatHost).join(', ');

export const formatHost = ({ host, port }: HostAndPort): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;

function parseSingle(text: string): RedisUrl | null {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['redis:', 'rediss:'].includes(url.protocol)) return null;
  // The number of a database, or nothing.
  if (!/^(?:\/\d{0,5})?$/.test(url.pathname)) return null;
  const host = (url.hostname || 'localhost').replace(/^\[(.*)\]$/, '$1');
  return { kind: 'single', url: text, address: { host, port: Number(url.port || '6379') } };
}

/** `user:password`, `:password` or `user`, percent-encoded. */
function parseLogin(text: string): RedisLogin | null {
  const colon = text.indexOf(':');
  const username = decode(colon === -1 ? text : text.slice(0, colon));
  const password = decode(colon === -1 ? '' : text.slice(colon + 1));
  return username === null || password === null ? null : toLogin(username, password);
}

const toLogin = (username: string, password: string): RedisLogin => ({
  ...(username === '' ? {} : { username }),
  ...(password === '' ? {} : { password }),
});

function parseHosts(text: string, defaultPort: number): readonly HostAndPort[] | null {
  const hosts: HostAndPort[] = [];
  for (const part of text.split(',')) {
    const [, address, name, digits] = /^(?:\[([\da-f:.]+)\]|([\w.-]+))(?::(\d{1,5}))?$/i.exec(part) ?? [];
    const host = address ?? name;
    const port = digits === undefined ? defaultPort : Number(digits);
    if (host === undefined || port < 1 || port > 65_535) return null;
    hosts.push({ host, port });
  }
  return hosts;
}

function parseSentinelParameters(
  query: string,
): { readonly sentinelLogin: RedisLogin; readonly database: number } | null {
  const parameters = new URLSearchParams(query);
  const known = ['sentinelUsername', 'sentinelPassword', 'db'];
  // A misspelt password would be left out without a word.
  if ([...parameters.keys()].some((name) => !known.includes(name))) return null;
  const database = parameters.get('db') ?? '0';
  if (!/^\d{1,5}$/.test(database)) return null;
  const sentinelLogin = toLogin(
    parameters.get('sentinelUsername') ?? '',
    parameters.get('sentinelPassword') ?? '',
  );
  return { sentinelLogin, database: Number(database) };
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
