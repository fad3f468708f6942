// Messages as they travel: WebSocket text frames of a server (RFC 6455, section 5.2), many of them joined into one buffer.
import { Buffer } from 'node:buffer';

/** A message is `head`, or where there is a payload, `head`, payload and `}`: see `nextHead`. */
export interface Message {
  readonly head: Buffer;
  readonly payload: Buffer | null;
}

const closingBrace = 0x7d;
/** FIN and the opcode of text. */
const wholeText = 0x81;
const maxShort = 125;
const maxMedium = 0xffff;

/** What precedes the payload of a subscription's `next` message; the payload and `}` follow. */
export const nextHead = (id: string): Buffer =>
  Buffer.from(`{"id":${JSON.stringify(id)},"type":"next","payload":`, 'utf8');

/** Bytes of the text. */
export const textLength = ({ head, payload }: Message): number =>
  payload === null ? head.length : head.length + payload.length + 1;

export const frameLength = (message: Message): number => {
  const length = textLength(message);
  return length + headerLength(length);
};

/** All of them, one after the other, in one buffer of `bytes`: the sum of their lengths. */
export function joinFrames(messages: readonly Message[], bytes: number): Buffer {
  const joined = Buffer.allocUnsafe(bytes);
  let place = 0;
  for (const { head, payload } of messages) {
    const length = payload === null ? head.length : head.length + payload.length + 1;
    place = writeHeader(joined, place, length);
    joined.set(head, place);
    place += head.length;
    if (payload === null) continue;
    joined.set(payload, place);
    place += payload.length;
    joined[place] = closingBrace;
    place += 1;
  }
  return joined;
}

/** The text alone. */
export const toText = ({ head, payload }: Message): Buffer =>
  payload === null ? head : Buffer.concat([head, payload, Buffer.of(closingBrace)]);

const headerLength = (length: number): number => (length <= maxShort ? 2 : length <= maxMedium ? 4 : 10);

/** Answers the place behind it. */
function writeHeader(target: Buffer, place: number, length: number): number {
  target[place] = wholeText;
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
