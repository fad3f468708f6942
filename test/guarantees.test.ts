// Every promise of docs/guarantees.md, and every attack of docs/security.md, has a test beside it, and the test is there.
import { describe, expect, it } from 'vitest';
import { isThere, namedTestsOf, readDoc } from './support/named-tests.ts';

describe.each([
  ['docs/guarantees.md', '## What is not promised', 10],
  ['docs/security.md', '## What is not defended against', 25],
])('%s', (path, end, atLeast) => {
  const page = readDoc(path);
  const named = namedTestsOf(page);

  it('names tests', () => expect(named.length).toBeGreaterThan(20));

  it.each(named)('$file has "$name"', (test) => expect(isThere(test)).toBe(true));

  it('leaves no promise without one', () => {
    const [proven = '', ...rest] = page.split(end);
    expect(rest).not.toEqual([]);
    const promises = proven.match(/^\*\*[^*]+\*\*[\s\S]*?(?=\n\*\*|\n## |$(?![\s\S]))/gm) ?? [];
    expect(promises.length).toBeGreaterThan(atLeast);
    for (const promise of promises) expect(promise).toMatch(/^- `/m);
  });
});
