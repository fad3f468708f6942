// What is shipped to run it with says nothing that the server does not know: settings, commands, times.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { parseConfig } from '../../src/config.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string): string => readFileSync(`${root}${path}`, 'utf8');

interface Service {
  readonly environment?: Readonly<Record<string, string>>;
  readonly stop_grace_period?: string;
  readonly image: string;
  readonly volumes?: readonly string[];
}
const compose = parse(read('compose.yaml'), { merge: true }) as {
  readonly services: Readonly<Record<string, Service>>;
};
const unit = read('ops/systemd/tidings@.service');

/** Of .env.example. */
const settings = new Set(
  [...read('.env.example').matchAll(/^#?([A-Z][A-Z_0-9]+)=/gm)].map(([, name]) => name),
);
/** Whatever is left to .env is set. */
const withValues = (text: string): string =>
  text.replaceAll(/\$\{(\w+):[^}]*\}/g, 'value-of-thirty-two-bytes-or-more');

it('compose.yaml starts two nodes alike, with settings that there are and values that they may hold', () => {
  const { 'node-1': one, 'node-2': two } = compose.services;
  expect(one).toEqual(two);
  const environment = one?.environment ?? {};
  for (const name of Object.keys(environment)) expect(settings).toContain(name);
  const issuer = {
    JWT_SECRET: 'x'.repeat(32),
    JWT_ISSUER: 'https://issuer.example',
    JWT_AUDIENCE: 'tidings',
  };
  const given = Object.entries(environment).map(([name, value]) => [name, withValues(String(value))]);
  const config = parseConfig(
    { ...issuer, ...(Object.fromEntries(given) as Record<string, string>) },
    'start',
  );
  expect(config.redisUrl).toBe('redis://redis:6379');
  // Who is asked to stop has the time to drain.
  expect(Number.parseInt(one?.stop_grace_period ?? '0', 10) * 1_000).toBeGreaterThan(config.drainMs);
});

it('the proxy asks the nodes of compose.yaml, at an address that there is', () => {
  const caddyfile = read('ops/compose/Caddyfile');
  const [, upstreams = ''] = /reverse_proxy ([^{]+)\{/.exec(caddyfile) ?? [];
  expect(upstreams.trim().split(/\s+/)).toEqual(['node-1:4000', 'node-2:4000']);
  expect(caddyfile).toContain('health_uri /readyz');
  const mounted = compose.services['proxy']?.volumes?.find((volume) => volume.startsWith('./'));
  expect(existsSync(`${root}${mounted?.split(':')[0]?.slice(2)}`)).toBe(true);
});

it('the unit of systemd gives a node the time to drain, and sets what there is', () => {
  const { drainMs } = parseConfig({}, 'dev');
  const [, seconds] = /^TimeoutStopSec=(\d+)$/m.exec(unit) ?? [];
  expect(Number(seconds) * 1_000).toBeGreaterThan(drainMs);
  const [, environment = ''] = /^Environment=(.*)$/m.exec(unit) ?? [];
  for (const pair of environment.split(' ').filter((text) => !text.startsWith('NODE_ENV='))) {
    expect(settings).toContain(pair.split('=')[0]);
  }
});

it('the image runs a Node that is supported, not as root, and is asked whether it lives', () => {
  const dockerfile = read('Dockerfile');
  const { engines } = JSON.parse(read('package.json')) as { readonly engines: { readonly node: string } };
  const oldest = Number(/\d+/.exec(engines.node)?.[0]);
  for (const [, version] of dockerfile.matchAll(/^FROM node:(\d+)/gm)) {
    expect(Number(version)).toBeGreaterThanOrEqual(oldest);
  }
  expect(dockerfile).toMatch(/^USER node$/m);
  expect(dockerfile).toMatch(/^HEALTHCHECK[^]*\/healthz/m);
  expect(dockerfile).toMatch(/^CMD \["start"\]$/m);
  for (const [, names = ''] of dockerfile.matchAll(/^COPY --from=build (.+) \.\/$/gm)) {
    for (const name of names.split(' ')) expect(existsSync(`${root}${name.replace('/app/', '')}`)).toBe(true);
  }
});
