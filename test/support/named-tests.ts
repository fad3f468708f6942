// Tests that a page of the docs names as its proof, one a line: - `file`: "name".
import { existsSync, readFileSync } from 'node:fs';

const root = new URL('../..', import.meta.url);

export interface NamedTest {
  readonly file: string;
  readonly name: string;
}

export const readDoc = (path: string): string => readFileSync(new URL(path, root), 'utf8');

export const namedTestsOf = (page: string): readonly NamedTest[] =>
  [...page.matchAll(/^- `([^`]+)`: "([^"]+)"/gm)].map(([, file = '', name = '']) => ({ file, name }));

/** Whether there is such a file, and a test of this name in it. */
export function isThere({ file, name }: NamedTest): boolean {
  if (!existsSync(new URL(file, root))) return false;
  const source = readDoc(file);
  return ["'", '"', '`'].some((quote) => source.includes(`${quote}${name}${quote}`));
}
