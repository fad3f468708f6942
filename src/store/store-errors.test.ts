import { DrizzleQueryError } from 'drizzle-orm/errors';
import pg from 'pg';
import { expect, it } from 'vitest';
import { toLoggable } from './store-errors.ts';

/** As PostgreSQL tells it when a row is refused: with the row. */
function refusedRow(): pg.DatabaseError {
  const error = new pg.DatabaseError('new row violates check constraint "short"', 1, 'error');
  return Object.assign(error, {
    severity: 'ERROR',
    code: '23514',
    detail: 'Failing row contains (demo, SECRET body).',
    where: 'COPY messages, line 1: "SECRET body"',
    table: 'messages',
    constraint: 'short',
  });
}

it.each([
  ['of the database itself', () => refusedRow()],
  [
    'of a query',
    () => new DrizzleQueryError('insert into messages values ($1)', ['SECRET body'], refusedRow()),
  ],
  ['that has it as its cause', () => new Error('SECRET wrapped', { cause: refusedRow() })],
  [
    'of a value that cannot be read',
    () =>
      Object.assign(new pg.DatabaseError('invalid input: "SECRET"', 1, 'error'), {
        severity: 'ERROR',
        code: '22P02',
      }),
  ],
])('an error %s is logged without what people wrote', (_title, make) => {
  const logged = JSON.stringify(toLoggable(make()));
  expect(logged).not.toContain('SECRET');
  expect(logged).toMatch(/SQLSTATE (23514|22P02)/);
});

it('tells which constraint, which query and where in the code', () => {
  const error = new DrizzleQueryError('insert into messages values ($1)', ['SECRET body'], refusedRow());
  expect(toLoggable(error)).toMatchObject({
    table: 'messages',
    constraint: 'short',
    query: 'insert into messages values ($1)',
    stack: expect.stringContaining('store-errors.test') as string,
  });
});

it('leaves every other error as it is', () => {
  const error = new TypeError('x is not a function');
  expect(toLoggable(error)).toBe(error);
});
