// `npm run audit:dependencies`: asks the registry what is known against the dependencies that users install, and fails where something
// is high or critical. Where the registry has no answer it says so, and passes: that is no finding.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { readAudit } from './read-audit.ts';

const { stdout, error } = spawnSync('npm', ['audit', '--omit=dev', '--json'], {
  cwd: join(import.meta.dirname, '..'),
  encoding: 'utf8',
  timeout: 120_000,
  shell: process.platform === 'win32',
});
const audit = readAudit(stdout);
if (audit === null) {
  const reason = error?.message ?? /"message": "(.*)"/.exec(stdout)?.[1] ?? 'It said nothing.';
  console.log(
    `The registry does not answer an audit, so that nothing is known of the dependencies: ${reason}`,
  );
} else {
  for (const { name, severity, title } of audit.grave) console.error(`${severity}: ${name}: ${title}`);
  console.log(
    audit.grave.length === 0
      ? `Nothing high or critical is known against ${audit.dependencies} dependencies.`
      : `Update them, or say in docs/security.md why they do no harm here.`,
  );
  process.exitCode = audit.grave.length === 0 ? 0 : 1;
}
