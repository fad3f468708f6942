// The WebSocket of the audit's clients. graphql-ws takes its listeners away when it is told to terminate; `ws` then tells
// of a connection that was not yet open as an error, which nobody would hear.
import type { ClientRequestArgs } from 'node:http';
import { WebSocket, type ClientOptions } from 'ws';

export class AuditSocket extends WebSocket {
  constructor(url: string | URL, protocols?: string | string[], options?: ClientOptions | ClientRequestArgs) {
    super(url, protocols, options);
    this.on('error', () => undefined);
  }
}
