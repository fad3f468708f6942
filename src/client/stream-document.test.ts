import { parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { OrderUpdatedDocument, TypingDocument } from './generated.ts';
import { toStreamDocument } from './stream-document.ts';

const isStream = (field: string) => field === 'orderUpdated';
const read = (text: string) => toStreamDocument(parse(text), isStream);
const spaceless = (text: string) => text.replaceAll(/\s+/g, ' ').trim();

describe('a document that says all', () => {
  it('is sent as it is', () => {
    const text = 'subscription ($after: Cursor) { orderUpdated(after: $after) { cursor note } }';
    const { query, resume } = read(text);
    expect(spaceless(query)).toBe(text);
    expect(resume).toEqual({ variable: 'after', path: ['orderUpdated', 'cursor'] });
  });

  it('may call things as it likes', () => {
    expect(
      read('subscription ($from: Cursor) { mine: orderUpdated(after: $from) { note at: cursor } }').resume,
    ).toEqual({
      variable: 'from',
      path: ['mine', 'at'],
    });
  });

  it('may select the cursor by a fragment', () => {
    expect(toStreamDocument(OrderUpdatedDocument, isStream)).toMatchObject({
      operationName: 'OrderUpdated',
      field: 'orderUpdated',
      resume: { variable: 'after', path: ['orderUpdated', 'cursor'] },
    });
    expect(
      read(
        'subscription ($a: Cursor) { orderUpdated(after: $a) { ... on OrderUpdate { ...E } } } fragment E on StreamEvent { c: cursor }',
      ).resume?.path,
    ).toEqual(['orderUpdated', 'c']);
  });
});

describe('a document that leaves out', () => {
  it.each([
    ['both', 'subscription { orderUpdated { note } }'],
    ['both, with other arguments', 'subscription ($id: ID) { orderUpdated(orderId: $id) { note } }'],
  ])('%s gets both', (_what, text) => {
    const { query, resume } = read(text);
    expect(resume).toEqual({ variable: 'tidingsAfter', path: ['orderUpdated', 'tidingsCursor'] });
    expect(spaceless(query)).toContain('$tidingsAfter: Cursor');
    expect(spaceless(query)).toContain('after: $tidingsAfter');
    expect(spaceless(query)).toContain('note tidingsCursor: cursor');
    expect(() => parse(query)).not.toThrow();
  });

  it('the cursor gets it under a name of its own', () => {
    const { query, resume } = read(
      'subscription ($after: Cursor) { orderUpdated(after: $after) { cursor: note } }',
    );
    expect(resume?.path).toEqual(['orderUpdated', 'tidingsCursor']);
    expect(spaceless(query)).toContain('cursor: note tidingsCursor: cursor');
  });
});

it('a cursor that is written into the document becomes the first value of the variable', () => {
  const { query, resume, argumentsFor } = read(
    'subscription { orderUpdated(after: "c1", orderId: "7") { cursor } }',
  );
  expect(resume?.variable).toBe('tidingsAfter');
  expect(spaceless(query)).toContain('orderUpdated(orderId: "7", after: $tidingsAfter)');
  expect(argumentsFor({})).toEqual({ after: 'c1', orderId: '7' });
});

it('live state has nothing to resume', () => {
  const document = toStreamDocument(TypingDocument, isStream);
  expect(document.resume).toBeNull();
  expect(document.argumentsFor({ conversationId: '1' })).toEqual({ conversationId: '1' });
});

it('a document without a subscription is refused', () => {
  expect(() => read('fragment E on OrderUpdate { cursor }')).toThrow(/has none/);
});
