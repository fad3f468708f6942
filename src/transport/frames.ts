// Messages as they travel: WebSocket text frames of a server (RFC 6455, section 5.2), many of them joined into one buffer.
import { Buffer } from 'node:buffer';
import type { Payload } from '../fanout/event-result.ts';

/** A whole text, or around the shared payload of a result what is its receiver's own. */
export interface Message {
  /** What precedes the payload, see `nextHead`; `}` follows it then. null where `payload` is the whole text. */
  readonly head: string | null;
  /** Bytes are UTF-8. */
  readonly payload: Payload;
}

const closingBrace = 0x7d;
/** FIN and the opcode of text. */
const wholeTextFrame = 0x81;
const maxShort = 125;
const maxMedium = 0xffff;

/**
 * What precedes the payload of a subscription's `next` message; the payload and `}` follow. ASCII, so that it can be written
 * quickly; and a string, because a few bytes of a buffer would keep the whole slab that they are a part of.
 */
export const nextHead = (id: string): string =>
  `{"id":${JSON.stringify(id).replaceAll(/[^\0-\x7f]/g, toEscape)},"type":"next","payload":`;

const toEscape = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

export const wholeText = (text: string): Message => ({ head: null, payload: text });

/** Bytes of the text. */
export const textLength = ({ head, payload }: Message): number => {
  const length = typeof payload === 'string' ? Buffer.byteLength(payload) : payload.length;
  return head === null ? length : head.length + length + 1;
};

export const frameLength = (message: Message): number => {
  const length = textLength(message);
  return length + headerLength(length);
};

/** All of them, one after the other, in one buffer of `bytes`: the sum of their lengths. */
export function joinFrames(messages: readonly Message[], bytes: number): Buffer {
  const joined = Buffer.allocUnsafe(bytes);
  let place = 0;
  for (const message of messages) {
    const { head, payload } = message;
    place = writeHeader(joined, place, textLength(message));
    if (head !== null) place += joined.write(head, place, 'latin1');
    if (typeof payload === 'string') place += joined.write(payload, place, 'utf8');
    else {
      joined.set(payload, place);
      place += payload.length;
    }
    if (head === null) continue;
    joined[place] = closingBrace;
    place += 1;
  }
  return joined;
}

/** The text alone. */
export const toText = ({ head, payload }: Message): Buffer =>
  Buffer.concat([
    Buffer.from(head ?? '', 'latin1'),
    typeof payload === 'string' ? Buffer.from(payload, 'utf8') : payload,
    head === null ? Buffer.alloc(0) : Buffer.of(closingBrace),
  ]);

const headerLength = (length: number): number => (length <= maxShort ? 2 : length <= maxMedium ? 4 : 10);

/** Answers the place behind it. */
function writeHeader(target: Buffer, place: number, length: number): number {
  target[place] = wholeTextFrame;
  if (length <= maxShort) {
    target[place + 1] = length;
    return place + 2;
  }
  if (length <= maxMedium) {
    target[place + 1] = 126;
    target.writeUInt16BE(length, place + 2);
    return place + 4;
  }
  target[place + 1] = 127;
  target.writeBigUInt64BE(BigInt(length), place + 2);
  return place + 10;
}
