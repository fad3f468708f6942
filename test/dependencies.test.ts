// What users install with the package: few, each held to its content, none with a script that runs when it is installed; and what is
// made of the registry's word on them.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readAudit } from '../scripts/read-audit.ts';

const root = new URL('..', import.meta.url);
const read = (file: string): string => readFileSync(new URL(file, root), 'utf8');

interface Locked {
  readonly dev?: boolean;
  readonly devOptional?: boolean;
  readonly peer?: boolean;
  readonly optional?: boolean;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly hasInstallScript?: boolean;
}

describe('the lockfile', () => {
  const { packages } = JSON.parse(read('package-lock.json')) as {
    packages: Readonly<Record<string, Locked>>;
  };
  const all = Object.entries(packages).filter(([path]) => path !== '');
  const installed = all.filter(([, { dev, devOptional }]) => dev !== true && devOptional !== true);

  it('holds everything that is installed to its content', () => {
    // npm knows no content of what another system would install.
    const free = all.filter(([, { integrity, optional }]) => integrity === undefined && optional !== true);
    expect(free.map(([path]) => path)).toEqual([]);
    for (const [path, { integrity }] of installed) expect(integrity, path).toMatch(/^sha512-/);
  });

  it('takes nothing from elsewhere than the registry that npm is set to', () => {
    const elsewhere = all.filter(
      ([, { resolved }]) => resolved !== undefined && !resolved.startsWith('https://'),
    );
    expect(elsewhere.map(([path]) => path)).toEqual([]);
  });

  it('lets nothing that users install run a script while it is installed', () => {
    expect(installed.filter(([, { hasInstallScript }]) => hasInstallScript === true)).toEqual([]);
  });

  it('has as many as SECURITY.md says', () => {
    const required = installed.filter(([, { peer }]) => peer !== true).length;
    const { dependencies } = JSON.parse(read('package.json')) as { dependencies: object };
    expect(read('SECURITY.md')).toContain(
      `${Object.keys(dependencies).length} dependencies, ${required} with those that they need`,
    );
  });
});

describe('the word of the registry', () => {
  const answer = (vulnerabilities: object) =>
    JSON.stringify({ auditReportVersion: 2, vulnerabilities, metadata: { dependencies: { prod: 107 } } });

  it('is grave where something is high or critical, and says what', () => {
    const via = [{ title: 'It eats memory' }, 'other'];
    const audit = readAudit(
      answer({
        one: { severity: 'high', via },
        two: { severity: 'critical', via: ['one'] },
        three: { severity: 'moderate', via },
      }),
    );
    expect(audit).toEqual({
      dependencies: 107,
      grave: [
        { name: 'one', severity: 'high', title: 'It eats memory; by other' },
        { name: 'two', severity: 'critical', title: 'by one' },
      ],
    });
    expect(readAudit(answer({}))?.grave).toEqual([]);
  });

  it('is none where it does not answer', () => {
    for (const text of [
      '',
      'npm error',
      '{}',
      'null',
      '{"message":"405 Method Not Allowed","statusCode":405}',
    ]) {
      expect(readAudit(text)).toBeNull();
    }
  });
});
