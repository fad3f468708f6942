// Where frames go. The quick way is the socket beneath `ws`, as the upgrade of the HTTP server has handed it over: our
// frames are written to it whole and at once, as those of `ws` are where nothing is compressed, so the two can't be mixed up.
// That `ws` does so is not documented: test/contracts/frame-sink.test.ts notices where it no longer does, and everything can
// go through `ws` instead, as it does where messages are compressed.
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { takenBytesOf } from './taken-bytes.ts';
import { joinFrames, toText, type Message } from './frames.ts';

export interface FrameSink {
  /** `bytes` is the length of their frames together. */
  write(messages: readonly Message[], bytes: number): void;
  /** Handed over and not yet taken by the system. */
  readonly bufferedBytes: number;
  /** What the system has taken since the socket was opened. Grows while somebody reads, however slowly. */
  readonly takenBytes: number;
  /** Calls the listener once, when what was handed over has been taken. To be called while there is something. */
  onceDrained(listener: () => void): void;
}

/** The quick way where it can be gone. */
export const createFrameSink = (webSocket: WebSocket, socket: Duplex): FrameSink =>
  webSocket.extensions === '' ? new SocketSink(socket) : new WebSocketSink(webSocket, socket);

export class SocketSink implements FrameSink {
  readonly #socket: Duplex;

  constructor(socket: Duplex) {
    this.#socket = socket;
  }

  write(messages: readonly Message[], bytes: number): void {
    this.#socket.write(joinFrames(messages, bytes));
  }

  get bufferedBytes(): number {
    return this.#socket.writableLength;
  }

  get takenBytes(): number {
    return takenBytesOf(this.#socket);
  }

  onceDrained(listener: () => void): void {
    this.#socket.once('drain', listener);
  }
}

export class WebSocketSink implements FrameSink {
  readonly #webSocket: WebSocket;
  readonly #socket: Duplex;
  #underWay = 0;
  #listeners: (() => void)[] = [];
  readonly #sent = (): void => {
    this.#underWay -= 1;
    if (this.#underWay > 0) return;
    for (const listener of this.#listeners.splice(0)) listener();
  };

  constructor(webSocket: WebSocket, socket: Duplex) {
    this.#webSocket = webSocket;
    this.#socket = socket;
  }

  write(messages: readonly Message[]): void {
    for (const message of messages) {
      this.#underWay += 1;
      // A failed send is followed by `close`, which ends everything.
      this.#webSocket.send(toText(message), { binary: false }, this.#sent);
    }
  }

  get bufferedBytes(): number {
    return this.#webSocket.bufferedAmount;
  }

  get takenBytes(): number {
    return takenBytesOf(this.#socket);
  }

  onceDrained(listener: () => void): void {
    this.#listeners.push(listener);
  }
}
