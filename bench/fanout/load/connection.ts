// One WebSocket client over a bare socket: connects, subscribes, answers pings, and hands over every other message as
// bytes. All clients read into one buffer, since each chunk is used up before the next is read.
import { connect, type Socket } from 'node:net';
import { toFrame, toTextFrame, toUpgradeRequest } from './client-frames.ts';
import { FrameScanner, opcodes } from './frame-scanner.ts';
import type { Conversation, Protocol } from './protocols.ts';

export interface ConnectionOptions {
  readonly port: number;
  /** A loopback address: each has ephemeral ports of its own. */
  readonly localAddress: string;
  readonly protocol: Protocol;
  readonly conversation: Conversation;
  /** The bytes from `from` to `to` are valid only during the call. */
  onMessage(bytes: Buffer, from: number, to: number, receivedAt: number): void;
  /** In its place, once other topics are followed as well. */
  onMessageOfOthers(text: string): void;
  /** Called at most once: the connection broke, was closed by the server, or something in a message was wrong. */
  onFault(error: Error): void;
}

export interface Connection {
  /** Follows other topics as well. Whether the server has done so already, only an event can tell. */
  follow(topicNames: readonly string[]): void;
  /** Resolves when it is gone. */
  close(): Promise<void>;
}

const readBuffer = Buffer.allocUnsafe(256 * 1_024);
const endOfHead = '\r\n\r\n';

/** Resolves when it has subscribed; whether the server has done so already, only an event can tell. */
export function openConnection(options: ConnectionOptions): Promise<Connection> {
  const { port, localAddress, protocol, conversation, onMessage, onMessageOfOthers } = options;
  return new Promise((resolve, reject) => {
    let phase: 'upgrading' | 'subscribing' | 'live' | 'following' | 'closed' = 'upgrading';
    let head = '';
    let receivedAt = 0;

    const fail = (error: Error): void => {
      if (phase === 'closed') return;
      const wasLive = phase === 'live' || phase === 'following';
      phase = 'closed';
      socket.destroy();
      if (wasLive) options.onFault(error);
      else reject(error);
    };
    const say = (message: string | null): void => {
      const { send, isLive } = conversation.answer(message);
      if (send !== null) socket.write(toTextFrame(send));
      if (!isLive) return;
      phase = 'live';
      resolve({ close, follow });
    };
    const scanner = new FrameScanner((opcode, bytes, from, to) => {
      if (opcode === opcodes.ping) return void socket.write(toFrame(opcodes.pong, bytes.subarray(from, to)));
      if (opcode === opcodes.pong) return;
      if (opcode === opcodes.close)
        throw new Error(`The server closed a connection: ${describeClose(bytes, from, to)}`);
      const pong = protocol.answerToPing(bytes, from, to);
      if (pong !== null) return void socket.write(toTextFrame(pong));
      if (phase === 'live') onMessage(bytes, from, to, receivedAt);
      else if (phase === 'subscribing') say(bytes.toString('utf8', from, to));
      else {
        const text = bytes.toString('utf8', from, to);
        if (text !== protocol.followed) onMessageOfOthers(text);
      }
    });
    const read = (length: number): void => {
      if (phase !== 'upgrading') return scanner.push(readBuffer, length);
      head += readBuffer.toString('latin1', 0, length);
      const end = head.indexOf(endOfHead);
      if (end < 0) return;
      if (!head.startsWith('HTTP/1.1 101 ')) throw new Error(`The server refused a connection: ${head}`);
      phase = 'subscribing';
      say(null);
      const frames = head.slice(end + endOfHead.length);
      if (frames !== '') scanner.push(Buffer.from(frames, 'latin1'));
    };
    const follow = (topicNames: readonly string[]): void => {
      phase = 'following';
      for (const name of topicNames) socket.write(toTextFrame(conversation.follow(name)));
    };
    const close = (): Promise<void> => {
      phase = 'closed';
      return new Promise((done) => {
        socket.once('close', () => done());
        socket.end(toFrame(opcodes.close, Buffer.from([0x03, 0xe8])));
      });
    };

    const socket: Socket = connect({
      host: '127.0.0.1',
      port,
      localAddress,
      noDelay: true,
      onread: {
        buffer: readBuffer,
        callback(length) {
          receivedAt = performance.now();
          try {
            if (phase !== 'closed') read(length);
          } catch (error) {
            fail(error instanceof Error ? error : new Error(String(error)));
          }
          return true;
        },
      },
    });
    socket.on('error', fail);
    socket.on('close', () => fail(new Error('The server ended a connection.')));
    socket.once('connect', () =>
      socket.write(
        toUpgradeRequest({
          host: `127.0.0.1:${port}`,
          path: protocol.path,
          subprotocol: protocol.subprotocol,
        }),
      ),
    );
  });
}

const describeClose = (bytes: Buffer, from: number, to: number): string =>
  to - from < 2 ? 'without a reason' : `${bytes.readUInt16BE(from)} ${bytes.toString('utf8', from + 2, to)}`;
