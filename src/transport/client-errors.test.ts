import { GraphQLError } from 'graphql';
import { pino } from 'pino';
import { beforeEach, expect, test } from 'vitest';
import { TidingsError } from '../errors.ts';
import { createClientErrors, type ClientErrors } from './client-errors.ts';
import { TransportFigures } from './transport-figures.ts';

type Line = Readonly<Record<string, unknown>>;

let logged: Line[];
let figures: TransportFigures;
let errors: ClientErrors;
beforeEach(() => {
  logged = [];
  figures = new TransportFigures();
  const logger = pino({}, { write: (line: string) => void logged.push(JSON.parse(line) as Line) });
  errors = createClientErrors(logger, figures, { suggests: true });
});

const thrown = new Error('the password is 1234');
const located = new GraphQLError(thrown.message, { originalError: thrown, path: ['orders', 0, 'total'] });

test('what is unexpected is masked, and names the line of the log', () => {
  const told = errors.toClientError(located, { requestId: 'r-1', operation: 'ListOrders' });
  expect(told.toJSON()).toEqual({
    message: 'Something unexpected happened on the server. It has been logged.',
    path: ['orders', 0, 'total'],
    extensions: { code: 'INTERNAL', requestId: 'r-1' },
  });
  expect(logged).toMatchObject([
    {
      level: 50,
      requestId: 'r-1',
      operation: 'ListOrders',
      path: 'orders.0.total',
      msg: 'an unexpected error',
    },
  ]);
});

test('where it happened for many at once an id is made up', () => {
  const { requestId } = errors.toClientError(located, { requestId: null }).extensions;
  expect(requestId).toMatch(/^[\w-]{22}$/);
  expect(logged).toMatchObject([{ requestId }]);
});

test('each error is counted once, however often it is looked at', () => {
  const refused = errors.toClientError(new TidingsError('CONFLICT', 'It is taken.'));
  expect(errors.toClientError(refused)).toBe(refused);
  const masked = errors.toClientError(located);
  expect(errors.toClientError(masked)).toBe(masked);
  errors.toClientError(new GraphQLError('Syntax Error'));
  expect(figures.errors).toMatchObject({ CONFLICT: 1, INTERNAL: 1, BAD_USER_INPUT: 1, NOT_FOUND: 0 });
  expect(logged).toHaveLength(1);
});

test('a long name is cut where it is logged', () => {
  errors.toClientError(located, { requestId: 'r-1', operation: 'x'.repeat(10_000) });
  expect(logged).toMatchObject([{ operation: 'x'.repeat(100) }]);
});

test('where the schema is not told, no names of it are suggested', () => {
  const closed = createClientErrors(pino({ level: 'silent' }), figures, { suggests: false });
  const unknown = new GraphQLError(
    'Cannot query field "ordrs" on type "Query". Did you mean "orders" or "order"?',
  );
  expect(closed.toClientError(unknown).message).toBe('Cannot query field "ordrs" on type "Query".');
  expect(errors.toClientError(unknown).message).toBe(unknown.message);
});
