// What a client may say over a WebSocket, in any order: messages of the protocol, nearly such, and bytes.
import fc from 'fast-check';
import { anyJson } from './values.ts';

export type Said = { readonly text: string } | { readonly bytes: Buffer };

const ids = [
  '1',
  '1',
  '2',
  '3',
  '',
  '__proto__',
  'toString',
  'x'.repeat(1_000),
  '\0',
  '\ud83d',
  '"',
  '\u2028',
];
const id = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom<unknown>(...ids) },
  { weight: 1, arbitrary: anyJson },
);

const queries = [
  '{ __typename }',
  '{ viewer { id } }',
  '{ order(id: "order-1") { id status cursor } }',
  'mutation { setPresence(input: { status: BUSY }) { status } }',
  'mutation { publishOrderUpdate(input: { orderId: "order-1", customerId: "alice", status: PENDING }) { deduplicated } }',
  'subscription { orderUpdated { cursor order { id } } }',
  'subscription { presenceChanged(userIds: ["fuzzer"]) { status } }',
  'subscription { roomPresence(room: "public:lobby") { __typename } }',
  'subscription { serverStats { __typename } }',
  'subscription { orderUpdated(after: "nonsense") { cursor } }',
  'subscription { a: orderUpdated { cursor } b: orderUpdated { cursor } }',
  'subscription A { orderUpdated { cursor } } query B { __typename }',
  '{ nope }',
  '{',
  '',
];
const query = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom<unknown>(...queries) },
  { weight: 1, arbitrary: anyJson },
);
const maybe = (arbitrary: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });

const payload = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      query,
      operationName: maybe(anyJson),
      variables: maybe(anyJson),
      extensions: maybe(anyJson),
    }),
  },
  { weight: 1, arbitrary: anyJson },
);

const message = fc.oneof(
  { weight: 10, arbitrary: fc.record({ type: fc.constant<unknown>('subscribe'), id, payload }) },
  { weight: 5, arbitrary: fc.record({ type: fc.constant<unknown>('complete'), id }) },
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constantFrom<unknown>('ping', 'pong'), payload: maybe(anyJson) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant<unknown>('connection_init'), payload: maybe(anyJson) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.oneof(
        fc.constantFrom<unknown>('connection_ack', 'next', 'error', 'start', 'stop', 'connection_terminate'),
        anyJson,
      ),
      id: maybe(id),
      payload: maybe(anyJson),
    }),
  },
);

/** A letter too many, too few, or another one. */
const maimed = fc
  .tuple(message, fc.nat(), fc.constantFrom('', '"', '}', '\0', '{"a":'))
  .map(([whole, at, instead]) => {
    const text = JSON.stringify(whole);
    const place = at % text.length;
    return { text: text.slice(0, place) + instead + text.slice(place + 1) };
  });

const whole = message.map((one): Said => ({ text: JSON.stringify(one) }));

/** A mistake ends a connection: most of them make none, so that something comes behind. */
export const conversations: fc.Arbitrary<readonly Said[]> = fc.oneof(
  { weight: 3, arbitrary: fc.array(whole, { minLength: 1, maxLength: 25 }) },
  {
    weight: 1,
    arbitrary: fc.array(
      fc.oneof<fc.WeightedArbitrary<Said>[]>(
        { weight: 10, arbitrary: whole },
        { weight: 2, arbitrary: maimed },
        { weight: 1, arbitrary: anyJson.map((value) => ({ text: JSON.stringify(value) })) },
        {
          weight: 1,
          arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => ({ bytes: Buffer.from(bytes) })),
        },
      ),
      { minLength: 1, maxLength: 15 },
    ),
  },
);

export interface FrameParts {
  readonly opcode: number;
  readonly payload: string;
  readonly isLast: boolean;
  readonly isMasked: boolean;
  readonly reserved: number;
}

/** Frames of any kind, behind the upgrade. */
export const frameSequences: fc.Arbitrary<readonly FrameParts[]> = fc.array(
  fc.record({
    opcode: fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(0, 1, 2, 8, 9, 10) },
      { weight: 1, arbitrary: fc.nat(15) },
    ),
    payload: fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      whole.map((said) => ('text' in said ? said.text : '')),
    ),
    isLast: fc.oneof(
      { weight: 4, arbitrary: fc.constant(true) },
      { weight: 1, arbitrary: fc.constant(false) },
    ),
    isMasked: fc.oneof(
      { weight: 15, arbitrary: fc.constant(true) },
      { weight: 1, arbitrary: fc.constant(false) },
    ),
    reserved: fc.oneof({ weight: 8, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(7) }),
  }),
  { minLength: 1, maxLength: 12 },
);
