import type { Writable } from 'node:stream';
import * as ws from 'ws';
import { expect, test } from 'vitest';
import { frameLength, joinFrames, nextHead, textLength, toText, wholeText, type Message } from './frames.ts';

/** The part of `ws` that reads frames; its types leave it out. */
const { Receiver } = ws as unknown as {
  readonly Receiver: new (options: { readonly isServer: boolean }) => Writable;
};

/** As a client reads them. */
async function read(bytes: Buffer, count: number): Promise<string[]> {
  const receiver = new Receiver({ isServer: false });
  const texts: string[] = [];
  return new Promise((resolve, reject) => {
    receiver.on('error', reject);
    receiver.on('message', (data: Buffer, isBinary: boolean) => {
      if (isBinary) return reject(new Error('a binary frame'));
      texts.push(data.toString('utf8'));
      if (texts.length === count) resolve(texts);
    });
    receiver.write(bytes);
  });
}

const next = (id: string, payload: string): Message => ({
  head: nextHead(id),
  payload: Buffer.from(payload),
});
const join = (messages: readonly Message[]): Buffer =>
  joinFrames(
    messages,
    messages.reduce((sum, message) => sum + frameLength(message), 0),
  );

test.each([0, 1, 125, 126, 127, 65_535, 65_536, 200_000])(
  'a text of %i bytes is one frame',
  async (length) => {
    const content = 'x'.repeat(length);
    expect(await read(join([wholeText(content)]), 1)).toEqual([content]);
  },
);

test('a result is the message that graphql-ws would write, around the bytes as they are', async () => {
  const payload = JSON.stringify({ data: { greeting: '“Grüße” 😀' } });
  const ids = ['1', '6b1c4a1e-6a55-4b5e-9d1b-111111111111', 'with "quotes" and \\'];
  const told = await read(join(ids.map((id) => next(id, payload))), ids.length);
  const expected = ids.map((id) =>
    JSON.stringify({ id, type: 'next', payload: JSON.parse(payload) as unknown }),
  );
  expect(told).toEqual(expected);
  const [foreign = ''] = await read(join([next('ü 😀', payload)]), 1);
  expect(JSON.parse(foreign)).toMatchObject({ id: 'ü 😀' });
});

test('many leave together, each whole', async () => {
  const messages = [
    wholeText('{"type":"connection_ack"}'),
    next('1', '{"data":1}'),
    next('2', `"${'y'.repeat(70_000)}"`),
    wholeText(''),
  ];
  const texts = messages.map((message) => toText(message).toString('utf8'));
  expect(await read(join(messages), messages.length)).toEqual(texts);
  expect(messages.map(textLength)).toEqual(texts.map((one) => Buffer.byteLength(one)));
});
