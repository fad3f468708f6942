// Every promise of docs/guarantees.md has a test beside it, and the test is there.
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const root = new URL('..', import.meta.url);
const page = readFileSync(new URL('docs/guarantees.md', root), 'utf8');
const named = [...page.matchAll(/^- `([^`]+)`: "([^"]+)"/gm)].map(([, file = '', name = '']) => ({
  file,
  name,
}));

describe('docs/guarantees.md', () => {
  it('names tests', () => expect(named.length).toBeGreaterThan(20));

  it.each(named)('$file has "$name"', ({ file, name }) => {
    expect(existsSync(new URL(file, root))).toBe(true);
    const source = readFileSync(new URL(file, root), 'utf8');
    expect(["'", '"', '`'].some((quote) => source.includes(`${quote}${name}${quote}`))).toBe(true);
  });

  it('leaves no promise without one', () => {
    const promises =
      page.split('## What is not promised')[0]?.match(/\*\*[^*]+\*\*[\s\S]*?(?=\n\*\*|\n## |$)/g) ?? [];
    expect(promises.length).toBeGreaterThan(10);
    for (const promise of promises) expect(promise).toMatch(/^- `/m);
  });
});
