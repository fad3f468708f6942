import { buildSchema, parse } from 'graphql';
import { expect, test } from 'vitest';
import { traitsExtension } from '../schema/builder.ts';
import { sharingOf } from './sharing.ts';

const schema = buildSchema(`
  interface Event { cursor: String! mine: Boolean! }
  type Sent implements Event { cursor: String! mine: Boolean! thread: Thread! }
  type Left implements Event { cursor: String! mine: Boolean! }
  type Thread { id: ID! unread: Int! members: [Thread!]! }
  type Query { thread: Thread }
  type Subscription { event: Event! sent: Sent! other: Thread! }
`);
function mark(type: string, field: string, traits: object): void {
  const found = schema.getType(type);
  if (found === undefined || !('getFields' in found)) throw new Error(`There is no type ${type}.`);
  Object.assign(found.getFields()[field]?.extensions ?? {}, { [traitsExtension]: traits });
}
mark('Thread', 'unread', { perViewer: true, atDelivery: false });
mark('Sent', 'thread', { perViewer: false, atDelivery: true });
mark('Left', 'mine', { perViewer: true, atDelivery: false });

const sharing = (source: string, operationName?: string) => sharingOf(schema, parse(source), operationName);

test.each([
  ['nothing that depends on anybody', 'subscription { sent { cursor } }', 'everybody'],
  ['a field of its own', 'subscription { other { id unread } }', 'viewer'],
  ['deeply', 'subscription { other { members { members { unread } } } }', 'viewer'],
  ['under another name', 'subscription { other { n: unread } }', 'viewer'],
  [
    'though it may be left out',
    'subscription ($n: Boolean!) { other { id unread @include(if: $n) } }',
    'viewer',
  ],
  [
    'by a fragment',
    'subscription { other { ...F } } fragment F on Thread { members { ...G } } fragment G on Thread { unread }',
    'viewer',
  ],
  ['by an inline fragment', 'subscription { other { ... { unread } } }', 'viewer'],
  ['by a type condition', 'subscription { event { ... on Sent { thread { id } } } }', 'delivery'],
  ['by what implements an interface', 'subscription { event { mine } }', 'viewer'],
  ['loaded at delivery', 'subscription { sent { thread { unread } } }', 'delivery'],
])('%s', (_title, source, expected) => {
  expect(sharing(source)).toBe(expected);
});

test('other operations and fragments of the document do not count', () => {
  const source =
    'subscription A { other { id } } subscription B { other { unread } } query C { thread { ...F } } fragment F on Thread { unread }';
  expect(sharing(source, 'A')).toBe('everybody');
  expect(sharing(source, 'B')).toBe('viewer');
});
