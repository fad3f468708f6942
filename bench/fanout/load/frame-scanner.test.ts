import { describe, expect, test } from 'vitest';
import { FrameScanner, opcodes } from './frame-scanner.ts';

/** As a server sends it: final, not masked. */
function toServerFrame(text: string, opcode: number = opcodes.text): Buffer {
  const payload = Buffer.from(text, 'utf8');
  const { length } = payload;
  const header = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  header[0] = 0x80 | opcode;
  header[1] = length < 126 ? length : length < 65_536 ? 126 : 127;
  if (header.length === 4) header.writeUInt16BE(length, 2);
  if (header.length === 10) header.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([header, payload]);
}

function scan(chunks: readonly Buffer[]): { opcode: number; text: string }[] {
  const found: { opcode: number; text: string }[] = [];
  const scanner = new FrameScanner((opcode, bytes, from, to) =>
    found.push({ opcode, text: bytes.toString('utf8', from, to) }),
  );
  for (const chunk of chunks) {
    scanner.push(chunk);
    chunk.fill(0xff); // whoever reads into one buffer overwrites it
  }
  return found;
}

describe('the frame scanner', () => {
  const texts = ['', 'short', 'x'.repeat(125), 'y'.repeat(126), 'z'.repeat(65_535), 'ü'.repeat(40_000)];
  const bytes = () => Buffer.concat(texts.map((text) => toServerFrame(text)));

  test('finds frames with each kind of length in one chunk', () => {
    expect(scan([bytes()]).map(({ text }) => text)).toEqual(texts);
  });

  test.each([1, 2, 3, 7, 127, 4_096])('finds them in chunks of %i bytes', (size) => {
    const all = bytes();
    const chunks = Array.from({ length: Math.ceil(all.length / size) }, (_, index) =>
      Buffer.from(all.subarray(index * size, (index + 1) * size)),
    );
    // The rest is copied with each chunk: of single bytes only the small frames.
    const few = size < 100 ? chunks.slice(0, Math.ceil(400 / size)) : chunks;
    const expected = size < 100 ? texts.slice(0, 4) : texts;
    expect(
      scan(few)
        .map(({ text }) => text)
        .slice(0, expected.length),
    ).toEqual(expected);
  });

  test('reads no further than the chunk is filled', () => {
    const found: string[] = [];
    const scanner = new FrameScanner((_, from, start, end) => found.push(from.toString('utf8', start, end)));
    const frame = toServerFrame('one');
    scanner.push(Buffer.concat([frame, frame]), frame.length + 3);
    expect(found).toEqual(['one']);
    scanner.push(frame.subarray(3));
    expect(found).toEqual(['one', 'one']);
  });

  test('tells pings and closing from text', () => {
    const frames = [toServerFrame('a', opcodes.ping), toServerFrame('', opcodes.close), toServerFrame('b')];
    expect(scan([Buffer.concat(frames)]).map(({ opcode }) => opcode)).toEqual([
      opcodes.ping,
      opcodes.close,
      opcodes.text,
    ]);
  });

  test.each([
    ['a split message', 0, 0x01, 'split'],
    ['a compressed one', 0, 0xc1, 'reserved'],
    ['a masked one', 1, 0x85, 'masked'],
  ])('refuses %s', (_what, at, byte, sentence) => {
    const frame = toServerFrame('hello');
    frame[at] = byte;
    expect(() => scan([frame])).toThrow(sentence);
  });
});
