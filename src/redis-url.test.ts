import { expect, test } from 'vitest';
import { formatHosts, parseRedisUrl } from './redis-url.ts';

test('one Redis, with and without TLS', () => {
  const url = 'redis://user:secret@cache/2';
  expect(parseRedisUrl(url)).toEqual({ kind: 'single', url, address: { host: 'cache', port: 6379 } });
  expect(parseRedisUrl('rediss://[::1]:7')).toMatchObject({
    kind: 'single',
    address: { host: '::1', port: 7 },
  });
});

test.each(['redis://cache', 'redis://cache/', 'redis://cache/15', 'redis://cache:1/0?family=6'])(
  '%s is one',
  (url) => {
    expect(parseRedisUrl(url)).toMatchObject({ kind: 'single', url });
  },
);

test.each([
  'redis://cache/abc',
  'redis://cache/1/2',
  'redis://cache/-1',
  'redis://cache/1.5',
  'redis://cache/123456',
])('%s names no database, and is none', (url) => {
  expect(parseRedisUrl(url)).toBeNull();
});

test('a master by Sentinel: several sentinels, its name, passwords of both', () => {
  expect(parseRedisUrl('redis+sentinel://one:1,two,[::1]:3/main')).toEqual({
    kind: 'sentinel',
    sentinels: [
      { host: 'one', port: 1 },
      { host: 'two', port: 26_379 },
      { host: '::1', port: 3 },
    ],
    master: 'main',
    tls: false,
    login: {},
    sentinelLogin: {},
    database: 0,
  });
  const url =
    'rediss+sentinel://app:p%40ss%2Fword@one/my%20main?sentinelPassword=w%26tch&sentinelUsername=s&db=3';
  expect(parseRedisUrl(url)).toMatchObject({
    sentinels: [{ host: 'one', port: 26_379 }],
    master: 'my main',
    tls: true,
    login: { username: 'app', password: 'p@ss/word' },
    sentinelLogin: { username: 's', password: 'w&tch' },
    database: 3,
  });
});

test('a Cluster by any of its nodes', () => {
  expect(parseRedisUrl('redis+cluster://:sec:ret@one:7000,two')).toEqual({
    kind: 'cluster',
    seeds: [
      { host: 'one', port: 7000 },
      { host: 'two', port: 6379 },
    ],
    tls: false,
    login: { password: 'sec:ret' },
  });
  expect(parseRedisUrl('rediss+cluster://one/')).toMatchObject({ tls: true, login: {} });
});

test.each([
  'localhost:6379',
  'http://cache',
  'redis+cluster://',
  'redis+cluster://one:7000,',
  'redis+cluster://one:70000',
  'redis+cluster://one:7000/2',
  'redis+cluster://one?sentinelPassword=x',
  'redis+cluster://user:%zz@one',
  'redis+cluster://one two',
  'redis+sentinel://one:26379',
  'redis+sentinel://one:26379/',
  'redis+sentinel://one:26379/main/2',
  'redis+sentinel://one:26379/main?sentinelPasword=x',
  'redis+sentinel://one:26379/main?db=two',
  'redis+unknown://one/main',
])('%s is refused', (text) => {
  expect(parseRedisUrl(text)).toBeNull();
});

test('hosts are told as they are written', () => {
  expect(
    formatHosts([
      { host: 'one', port: 1 },
      { host: '::1', port: 2 },
    ]),
  ).toBe('one:1, [::1]:2');
});
