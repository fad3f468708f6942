// Where frames go. The quick way is the socket beneath `ws`, as the upgrade of the HTTP server has handed it over: our
// frames are written to it whole and at once, as those of `ws` are where nothing is compressed, so the two can't be mixed up.
// That `ws` does so is not documented: test/contracts/frame-sink.test.ts notices where it no longer does, and everything can
// go through `ws` instead, as it does where messages are compressed.
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { joinFrames, toText, type Message } from './frames.ts';

export interface FrameSink {
  /** `bytes` is the length of their frames together. */
  write(messages: readonly Message[], bytes: number): void;
  /** Handed over and not yet taken by the system. */
  readonly bufferedBytes: number;
  /** Calls the listener once, when what was handed over has been taken. To be called while there is something. */
  onceDrained(listener: () => void): void;
}

/** The quick way where it can be gone. */
export function createFrameSink(webSocket: WebSocket, socket: Duplex): FrameSink {
  return webSocket.extensions === '' ? toSocket(socket) : throughWebSocket(webSocket);
}

export const toSocket = (socket: Duplex): FrameSink => ({
  write: (messages, bytes) => void socket.write(joinFrames(messages, bytes)),
  get bufferedBytes() {
    return socket.writableLength;
  },
  onceDrained: (listener) => void socket.once('drain', listener),
});

export function throughWebSocket(webSocket: WebSocket): FrameSink {
  let underWay = 0;
  let listeners: (() => void)[] = [];
  const sent = (): void => {
    underWay -= 1;
    if (underWay > 0) return;
    const told = listeners;
    listeners = [];
    for (const listener of told) listener();
  };
  return {
    write(messages) {
      for (const message of messages) {
        underWay += 1;
        // A failed send is followed by `close`, which ends everything.
        webSocket.send(toText(message), { binary: false }, sent);
      }
    },
    get bufferedBytes() {
      return webSocket.bufferedAmount;
    },
    onceDrained: (listener) => void listeners.push(listener),
  };
}
