// WebSocket frames that no client sends: malformed, endless, enormous. Whoever sends them is closed, with the code that RFC 6455
// has for it; nobody else notices, and nothing of it stays in memory.
import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { signDevelopmentToken } from '../../src/auth/development.ts';
import { useAttackedServer } from '../support/attacked-server.ts';
import { frame, openFrameWire, textFrame } from '../support/wire.ts';

const maxPayloadBytes = 256 * 1_024;
const server = useAttackedServer({
  env: { MAX_PAYLOAD_BYTES: `${maxPayloadBytes}`, WEBSOCKET_COMPRESSION: 'on' },
});
const mebibyte = 1_024 * 1_024;
const ping = '{"type":"ping"}';
const closing = (...bytes: number[]): Buffer => frame({ opcode: 8, payload: Buffer.of(...bytes) });

it.each<[string, Buffer, number]>([
  ['of a reserved kind', frame({ opcode: 3, payload: ping }), 1002],
  ['of a reserved kind of control', frame({ opcode: 0xb }), 1002],
  ['that is not masked', frame({ opcode: 1, payload: ping, isMasked: false }), 1002],
  ['with the second reserved bit', frame({ opcode: 1, payload: ping, reserved: 2 }), 1002],
  ['with the third reserved bit', frame({ opcode: 1, payload: ping, reserved: 1 }), 1002],
  ['that says compressed, where that was not agreed', frame({ opcode: 1, payload: ping, reserved: 4 }), 1002],
  ['that goes on with nothing', frame({ opcode: 0, payload: ping }), 1002],
  [
    'that begins in the middle of another message',
    Buffer.concat([frame({ opcode: 1, payload: '{', isLast: false }), textFrame(ping)]),
    1002,
  ],
  ['of control in pieces', frame({ opcode: 9, isLast: false }), 1002],
  ['of control that is too long', frame({ opcode: 9, payload: 'x'.repeat(126) }), 1002],
  ['of 2^63 bytes', frame({ opcode: 1, announced: 2n ** 63n }), 1009],
  ['of 2^53 bytes', frame({ opcode: 2, announced: 2n ** 53n }), 1009],
  ['of a byte more than may be', frame({ opcode: 1, announced: BigInt(maxPayloadBytes + 1) }), 1009],
  ['that is no UTF-8', frame({ opcode: 1, payload: Buffer.of(0x22, 0xc3, 0x28, 0x22) }), 1007],
  [
    'with half of a surrogate pair in UTF-8',
    frame({ opcode: 1, payload: Buffer.of(0xed, 0xa0, 0xbd) }),
    1007,
  ],
  [
    'that ends within a character',
    Buffer.concat([
      frame({ opcode: 1, payload: '"', isLast: false }),
      frame({ opcode: 0, payload: Buffer.of(0xf0, 0x9f) }),
    ]),
    1007,
  ],
  ['that closes with half a code', closing(3), 1002],
  ['that closes with code 0', closing(0, 0), 1002],
  ['that closes with 1005, which nobody sends', closing(0x03, 0xed), 1002],
  ['that closes with code 65535', closing(0xff, 0xff), 1002],
  ['that closes for a reason that is no UTF-8', closing(0x03, 0xe8, 0xff), 1007],
])('a frame %s ends its connection', async (_title, bytes, code) => {
  for (const token of [undefined, await signDevelopmentToken({ user: 'mallory' })]) {
    await using wire = await openFrameWire(server, token === undefined ? {} : { token });
    await wire.write(bytes);
    expect(await wire.closeCode()).toBe(code);
  }
});

it('a close without a code is answered by one', async () => {
  await using wire = await openFrameWire(server);
  await wire.write(closing());
  expect(await wire.closeCode()).toBeNull();
  await wire.ended();
});

it('a message in pieces without an end is closed where it becomes too large, and pings are answered until then', async () => {
  const token = await signDevelopmentToken({ user: 'mallory' });
  await using wire = await openFrameWire(server, { token });
  const piece = 'x'.repeat(16_384);
  await wire.write(frame({ opcode: 1, payload: piece, isLast: false }));
  await wire.write(frame({ opcode: 9 }));
  await expect.poll(() => wire.pongs()).toBe(1);
  for (let sent = 0; sent <= maxPayloadBytes; sent += piece.length) {
    await wire.write(frame({ opcode: 0, payload: piece, isLast: false }));
  }
  expect(await wire.closeCode()).toBe(1009);
});

it('a message in thousands of crumbs, each of which costs memory, is closed', async () => {
  const token = await signDevelopmentToken({ user: 'mallory' });
  for (const payload of ['', 'x']) {
    await using wire = await openFrameWire(server, { token });
    const crumbs = Array.from({ length: 2_000 }, () => frame({ opcode: 0, payload, isLast: false }));
    await wire.write(Buffer.concat([frame({ opcode: 1, payload: '"', isLast: false }), ...crumbs]));
    expect(await wire.closeCode()).toBe(1008);
  }
});

describe('compressed', () => {
  const compressed = (payload: Buffer): Buffer => frame({ opcode: 1, payload, reserved: 4 });

  it('a bomb is closed before it is whole', async () => {
    const token = await signDevelopmentToken({ user: 'mallory' });
    const bomb = deflateRawSync(Buffer.alloc(128 * mebibyte, ' '));
    expect(bomb.length).toBeLessThan(maxPayloadBytes);
    const { heldBytes } = await server.memory();
    for (let round = 0; round < 4; round += 1) {
      await using wire = await openFrameWire(server, { token, compress: true });
      await wire.write(compressed(bomb));
      expect(await wire.closeCode()).toBe(1009);
    }
    await expect
      .poll(async () => (await server.memory()).heldBytes, { timeout: 30_000 })
      .toBeLessThan(heldBytes + 64 * mebibyte);
  });

  it('a bomb before connection_init is closed too', async () => {
    await using wire = await openFrameWire(server, { compress: true });
    await wire.write(compressed(deflateRawSync(Buffer.alloc(8 * mebibyte, ' '))));
    expect(await wire.closeCode()).toBe(1009);
  });

  it('garbage is closed', async () => {
    await using wire = await openFrameWire(server, { compress: true });
    await wire.write(compressed(Buffer.alloc(100, 0xff)));
    expect(await wire.closeCode()).toBe(1007);
  });
});

it('whoever sends pings without reading the pongs is cut off, and fills no memory', async () => {
  const token = await signDevelopmentToken({ user: 'mallory' });
  const { heldBytes } = await server.memory();
  for (const one of [frame({ opcode: 9, payload: 'x'.repeat(125) }), textFrame(ping)]) {
    await using wire = await openFrameWire(server, { token });
    wire.socket.pause();
    const many = Buffer.concat(Array.from({ length: 10_000 }, () => one));
    // Until the server has hung up, or takes no more of it.
    let isTaken = true;
    for (let round = 0; round < 200 && isTaken && !wire.socket.closed; round += 1) {
      isTaken = wire.socket.write(many) || (await hasDrained(wire.socket));
    }
    expect((await server.memory()).heldBytes).toBeLessThan(heldBytes + 64 * mebibyte);
  }
});

/** Whether all of it was taken. Not where nothing was for as long as somebody else's request takes, twice. */
async function hasDrained(socket: import('node:net').Socket): Promise<boolean> {
  for (let asked = 0; asked < 20; asked += 1) {
    const before = socket.bytesWritten - socket.writableLength;
    await fetch(`${server.url}/healthz`);
    if (socket.closed || socket.writableLength === 0) return true;
    if (asked > 2 && socket.bytesWritten - socket.writableLength === before) return false;
  }
  return true;
}
