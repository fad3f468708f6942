// Finds the frames of a WebSocket server in the bytes as they come, without copying a frame that has come whole.

export const opcodes = { text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** `bytes` from `from` to `to` is the frame's payload; it is valid only during the call. */
export type OnFrame = (opcode: number, bytes: Buffer, from: number, to: number) => void;

/**
 * Frames of servers are not masked, and the servers measured here neither compress nor split messages: what does is
 * refused with a throw, never misread.
 */
export class FrameScanner {
  /** The beginning of a frame whose end has not come. */
  #rest: Buffer | null = null;
  readonly #onFrame: OnFrame;

  constructor(onFrame: OnFrame) {
    this.#onFrame = onFrame;
  }

  /** The first `length` bytes of the chunk, which may be overwritten afterwards. */
  push(chunk: Buffer, length = chunk.length): void {
    const isWhole = this.#rest === null;
    const bytes = isWhole ? chunk : Buffer.concat([this.#rest ?? chunk, chunk.subarray(0, length)]);
    const end = isWhole ? length : bytes.length;
    const scanned = this.#scan(bytes, end);
    this.#rest = scanned === end ? null : Buffer.from(bytes.subarray(scanned, end));
  }

  /** Answers where the first incomplete frame begins. */
  #scan(bytes: Buffer, end: number): number {
    let start = 0;
    while (start + 2 <= end) {
      const first = bytes[start] ?? 0;
      const second = bytes[start + 1] ?? 0;
      if ((first & 0x80) === 0) throw new Error('A message is split into several frames.');
      if ((first & 0x70) !== 0) throw new Error('A frame has reserved bits set; is it compressed?');
      if ((second & 0x80) !== 0) throw new Error('A frame of the server is masked.');
      const header = headerLength(second);
      const from = start + header;
      if (from > end) break;
      const to = from + payloadLength(bytes, start, second);
      if (to > end) break;
      this.#onFrame(first & 0x0f, bytes, from, to);
      start = to;
    }
    return start;
  }
}

const headerLength = (second: number): number => (second === 127 ? 10 : second === 126 ? 4 : 2);

function payloadLength(bytes: Buffer, start: number, second: number): number {
  if (second === 127) return Number(bytes.readBigUInt64BE(start + 2));
  return second === 126 ? bytes.readUInt16BE(start + 2) : second;
}
