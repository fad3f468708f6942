// The address of a request, whatever its sender wrote into the request line.
import type { IncomingMessage } from 'node:http';

/** Only path and query mean something. Never throws: `//` is a request target that Node passes on and `URL` refuses. */
export function requestUrl({ url = '/' }: Pick<IncomingMessage, 'url'>): URL {
  const text = url.startsWith('/') ? `http://localhost${url}` : url;
  return URL.canParse(text) ? new URL(text) : new URL('http://localhost/');
}

/** Whether a Host header can be part of an address. Without one, and with an empty one, there is none to be wrong. */
export const isHost = (host: string | undefined): boolean =>
  host === undefined || host === '' || (!/[/?#@\\]/.test(host) && URL.canParse(`http://${host}/`));
