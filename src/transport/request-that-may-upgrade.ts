// Which requests are handed over as upgrades: Node asks each for `upgrade` when its headers are there, and takes every protocol for
// one that somebody here speaks.
import { IncomingMessage } from 'node:http';

const websocket = /(?:^|,)\s*websocket\s*(?:,|$)/i;

/**
 * To be made by the HTTP server. What asks for another protocol than WebSocket is a request like any other (RFC 9110, section 7.8),
 * but that Node's parser has stopped behind it: a next request in the same packet is not answered. Who asks for an upgrade waits.
 */
export class RequestThatMayUpgrade extends IncomingMessage {
  /** Declared only: Node sets `upgrade` before fields of a class exist. */
  declare private asksForUpgrade: boolean | null;

  get upgrade(): boolean | null {
    // A tunnel is none that is asked for by a header: Node hangs up, as nobody here makes one.
    const isOurs = this.method === 'CONNECT' || websocket.test(this.headers.upgrade ?? '');
    return isOurs ? this.asksForUpgrade : false;
  }

  set upgrade(asks: boolean | null) {
    this.asksForUpgrade = asks;
  }
}
