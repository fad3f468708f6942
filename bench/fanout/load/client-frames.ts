// What a WebSocket client sends: the upgrade request, and masked frames.
import { randomBytes } from 'node:crypto';
import { opcodes } from './frame-scanner.ts';

export function toUpgradeRequest({
  host,
  path,
  subprotocol,
}: {
  readonly host: string;
  readonly path: string;
  readonly subprotocol: string | null;
}): string {
  const lines = [
    `GET ${path} HTTP/1.1`,
    `Host: ${host}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
    ...(subprotocol === null ? [] : [`Sec-WebSocket-Protocol: ${subprotocol}`]),
  ];
  return `${lines.join('\r\n')}\r\n\r\n`;
}

export const toTextFrame = (text: string): Buffer => toFrame(opcodes.text, Buffer.from(text, 'utf8'));

/** Masked with four random bytes, as clients must. */
export function toFrame(opcode: number, payload: Buffer): Buffer {
  const { length } = payload;
  if (length > 0xffff)
    throw new Error(`A client's message of ${length} bytes is larger than is needed here.`);
  const header = length < 126 ? 2 : 4;
  const frame = Buffer.allocUnsafe(header + 4 + length);
  frame[0] = 0x80 | opcode;
  frame[1] = 0x80 | (length < 126 ? length : 126);
  if (header === 4) frame.writeUInt16BE(length, 2);
  const mask = randomBytes(4);
  mask.copy(frame, header);
  for (let index = 0; index < length; index += 1) {
    frame[header + 4 + index] = (payload[index] ?? 0) ^ (mask[index % 4] ?? 0);
  }
  return frame;
}
