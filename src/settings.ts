// Reads one setting at a time from the environment: what it holds as the type that it must have, and a sentence for whoever
// set it wrongly.

import { BlockList, isIP } from 'node:net';
import { parseRedisUrl, redisUrlShape } from './redis-url.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

const rangeNames: readonly string[] = ['loopback', 'linklocal', 'uniquelocal'];

function isAddressOrRange(text: string): boolean {
  if (rangeNames.includes(text)) return true;
  const [address = '', bits, ...more] = text.split('/');
  const version = isIP(address);
  if (version === 0 || more.length > 0) return false;
  if (bits === undefined) return true;
  if (!/^\d{1,3}$/.test(bits) || Number(bits) > (version === 4 ? 32 : 128)) return false;
  // Whoever trusts everybody trusts what anybody says of themselves.
  const largest = version === 4 ? 8 : reachesIPv4(address, Number(bits)) ? 96 + 8 : 16;
  return Number(bits) >= largest;
}

/** Whether a range of IPv6 has addresses of IPv4 in it, as IPv6 spells them: ::ffff:0:0/96. */
function reachesIPv4(address: string, bits: number): boolean {
  const [range, all] = [new BlockList(), new BlockList()];
  range.addSubnet(address, bits, 'ipv6');
  all.addSubnet('::ffff:0:0', 96, 'ipv6');
  return range.check('::ffff:0:0', 'ipv6') || all.check(address, 'ipv6');
}

export const dayMs = 86_400_000;
export const maxRate = 1_000_000;

export type Reader = ReturnType<typeof createReader>;

/** What is wrong is added to `problems`, and read as if it were unset. */
export function createReader(env: Environment, problems: string[]) {
  const text = (name: string): string | null => {
    const value = env[name]?.trim();
    return value === undefined || value === '' ? null : value;
  };
  const parsed = <T>(
    name: string,
    parse: (value: string) => T | null,
    expected: string,
    secret = false,
  ): T | null => {
    const value = text(name);
    if (value === null) return null;
    const result = parse(value);
    if (result === null)
      problems.push(`${name} is ${secret ? 'set' : `"${value}"`}, but it must be ${expected}.`);
    return result;
  };
  return {
    text,
    number: (name: string, { min, max }: { min: number; max: number }) =>
      parsed(
        name,
        (value) =>
          /^\d+$/.test(value) && Number(value) >= min && Number(value) <= max ? Number(value) : null,
        `a whole number from ${min} to ${max}`,
      ),
    id: (name: string) =>
      parsed(
        name,
        (value) => (value.length <= 256 && value !== '*' && value.isWellFormed() ? value : null),
        'the name of one workspace, at most 256 characters long',
      ),
    /** `7d`, in milliseconds. */
    days: (name: string, { min, max }: { min: number; max: number }) =>
      parsed(
        name,
        (value) => {
          const days = Number(/^(\d+)d$/.exec(value)?.[1]);
          return days >= min && days <= max ? days * dayMs : null;
        },
        `a number of days from ${min}d to ${max}d`,
      ),
    oneOf: <T extends string>(name: string, values: readonly T[]) =>
      parsed(name, (value) => values.find((known) => known === value) ?? null, `one of ${values.join(', ')}`),
    onOrOff: (name: string) =>
      parsed(name, (value) => (value === 'on' ? true : value === 'off' ? false : null), 'one of on, off'),
    /** Never repeated. */
    secret: (name: string, { minLength }: { minLength: number }) =>
      parsed(
        name,
        (value) => (value.length >= minLength ? value : null),
        `at least ${minLength} characters long, for example from \`openssl rand -base64 24\``,
        true,
      ),
    /** `10.0.0.0/8,::1`, and the names of ranges. */
    addresses: (name: string) =>
      parsed(
        name,
        (value) => {
          const addresses = value.split(',').map((address) => address.trim());
          return addresses.every(isAddressOrRange) ? addresses : null;
        },
        'a comma-separated list of addresses like 10.0.0.7 or ranges like 10.0.0.0/8 (none that is larger, nor one of IPv6 above /16), or of the names loopback, linklocal and uniquelocal',
      ),
    /** `sendMessage=5,eraseUser=1`: so many a second. */
    rates: (name: string) =>
      parsed(
        name,
        (value) => {
          const pairs = value.split(',').map((pair) => /^\s*([A-Za-z]\w*)\s*=\s*(\d{1,7})\s*$/.exec(pair));
          const isRate = (rate: unknown): boolean => Number(rate) >= 1 && Number(rate) <= maxRate;
          if (!pairs.every((pair) => pair !== null && isRate(pair[2]))) return null;
          const rates = new Map(pairs.map((pair) => [String(pair?.[1]), Number(pair?.[2])]));
          return rates.size === pairs.length ? rates : null;
        },
        `a comma-separated list of mutations, each once and with how many a second (at most ${maxRate}), like sendMessage=5,eraseUser=1`,
      ),
    /** URLs of databases hold passwords: a bad one is not repeated. */
    url: (name: string, protocols: readonly string[]) =>
      parsed(
        name,
        (value) => (URL.canParse(value) && protocols.includes(new URL(value).protocol) ? value : null),
        `a URL that begins with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
        true,
      ),
    /** One Redis, several sentinels or a Cluster; not repeated either. */
    redisUrl: (name: string) =>
      parsed(name, (value) => (parseRedisUrl(value) === null ? null : value), redisUrlShape, true),
    patterns: (name: string) =>
      parsed(
        name,
        (value) => {
          const patterns = value.split(',').map((pattern) => pattern.trim());
          return patterns.every((pattern) => pattern !== '' && pattern.length <= 256) ? patterns : null;
        },
        'a comma-separated list of patterns like public:*,product:*, each of 1 to 256 characters',
      ),
    origins: (name: string) =>
      parsed(
        name,
        (value) => {
          const origins = value.split(',').map((origin) => origin.trim());
          return origins.every((origin) => URL.canParse(origin) && new URL(origin).origin === origin)
            ? origins
            : null;
        },
        'a comma-separated list of origins like https://app.example.com, without a path or a trailing slash',
      ) ?? [],
  };
}
