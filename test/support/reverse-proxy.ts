// A reverse proxy in front of a server, as people set them up: it passes WebSockets on, or forgets to, or hides where they are from.
import { once } from 'node:events';
import { createServer, request as send, type IncomingMessage, type RequestOptions } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ReverseProxy extends AsyncDisposable {
  /** `http://127.0.0.1:…` */
  readonly url: string;
}

export type Upgrades = 'passed on' | 'forgotten' | 'without their origin';

export async function openReverseProxy(target: string, upgrades: Upgrades): Promise<ReverseProxy> {
  const toTarget = ({ method, url = '/', headers }: IncomingMessage): [URL, RequestOptions] => [
    new URL(url, target),
    { method, headers },
  ];
  const proxy = createServer((incoming, response) => {
    const [url, options] = toTarget(incoming);
    // Hop by hop, as HTTP has it.
    const { upgrade: _upgrade, connection: _connection, ...headers } = incoming.headers;
    const outgoing = send(url, { ...options, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    outgoing.on('error', () => response.writeHead(502).end());
    incoming.pipe(outgoing);
  });
  if (upgrades !== 'forgotten') {
    proxy.on('upgrade', (incoming, socket) => {
      const [url, options] = toTarget(incoming);
      const { origin, ...headers } = incoming.headers;
      const withOrigin = upgrades === 'passed on' && origin !== undefined ? { ...headers, origin } : headers;
      const outgoing = send(url, { ...options, headers: withOrigin });
      const tell = ({ statusCode, statusMessage, rawHeaders }: IncomingMessage) => {
        const lines = rawHeaders.flatMap((name, index) =>
          index % 2 === 0 ? [`${name}: ${rawHeaders[index + 1]}`] : [],
        );
        socket.write([`HTTP/1.1 ${statusCode} ${statusMessage}`, ...lines, '', ''].join('\r\n'));
      };
      outgoing.on('upgrade', (answer, server, head) => {
        tell(answer);
        socket.write(head);
        server.pipe(socket).pipe(server);
        server.on('error', () => socket.destroy());
      });
      outgoing.on('response', (answer) => {
        tell(answer);
        answer.pipe(socket);
      });
      outgoing.on('error', () => socket.destroy());
      socket.on('error', () => outgoing.destroy());
      outgoing.end();
    });
  }
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      proxy.closeAllConnections();
      proxy.close();
      await once(proxy, 'close');
    },
  };
}
