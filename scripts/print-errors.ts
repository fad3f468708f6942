// `npm run errors:docs`: writes docs/errors.md from the table in src/errors.ts.
// With --check it writes nothing, and fails where the page no longer matches the table.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { type ErrorKind, errorKinds } from '../src/errors.ts';

const page = join(import.meta.dirname, '../docs/errors.md');
const text = await format(render(errorKinds), { ...(await resolveConfig(page)), parser: 'markdown' });

if (!process.argv.includes('--check')) {
  writeFileSync(page, text);
} else if (readOrEmpty(page) !== text) {
  console.error(
    'docs/errors.md does not match src/errors.ts. Run `npm run errors:docs` and commit the page.',
  );
  process.exitCode = 1;
}

function render(kinds: Readonly<Record<string, ErrorKind>>): string {
  const rows = Object.entries(kinds).map(([code, kind]) => {
    const cells = [
      `\`${code}\``,
      kind.meaning,
      kind.retryable ? 'yes' : 'no',
      kind.httpStatus,
      kind.closeCode ?? '',
    ];
    return `| ${cells.map((cell) => String(cell).replaceAll('|', '\\|')).join(' | ')} |`;
  });
  return `# Errors

<!-- Generated from src/errors.ts by \`npm run errors:docs\`. Edit the table there. -->

Every error of Tidings carries one of these codes in \`extensions.code\`. Retryable ones add
\`extensions.retryAfterMs\`: the same request may succeed after that time without being changed. \`INTERNAL\` adds
\`extensions.requestId\`, by which whoever runs the server finds the line of the log.

| code | what it means, and what to do | retryable | HTTP status | close code |
| --- | --- | --- | --- | --- |
${rows.join('\n')}

The HTTP status applies where the whole request fails with the code, the close code where the whole WebSocket
connection does. Without a close code only the operation fails, and the connection stays.
`;
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
