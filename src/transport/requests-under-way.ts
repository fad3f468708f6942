// How many HTTP requests are being answered, event streams among them: a server that leaves waits for them, and not for
// connections on which nobody asks anything.
import type { Server, ServerResponse } from 'node:http';

export class RequestsUnderWay {
  #count = 0;
  #waiting: (() => void)[] = [];

  constructor(server: Server) {
    server.on('request', (_request, response: ServerResponse) => {
      this.#count += 1;
      response.once('close', () => this.#end());
    });
  }

  get count(): number {
    return this.#count;
  }

  /** Resolves when there is none. */
  async ended(): Promise<void> {
    if (this.#count > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #end(): void {
    this.#count -= 1;
    if (this.#count > 0) return;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
