// A server that runs, as browsers and backends reach it: through whatever proxy stands in front of it.
import { WebSocket } from 'ws';
import { isLoopback } from '../../config.ts';
import { compareClock, judgeClocks } from './clocks.ts';
import { about, type Finding } from './finding.ts';
import { reasonOf } from './check-issuers.ts';

const answerMs = 5_000;
const protocol = 'graphql-transport-ws';
const strangeOrigin = 'https://tidings-doctor.invalid';
const passOn =
  'let the proxy pass WebSockets on to /graphql; nginx: `proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; ' +
  'proxy_set_header Connection "upgrade";`';

/** @param base without a slash at its end */
export async function checkServer(base: string): Promise<readonly Finding[]> {
  const health = await checkHealth(base);
  if (health.some(({ verdict }) => verdict === 'broken')) return health;
  return [...health, await checkReady(base), await checkMetrics(base), ...(await checkWebSockets(base))];
}

async function checkHealth(base: string): Promise<readonly Finding[]> {
  const { fine, notice, broken } = about('server');
  const askedAt = Date.now();
  let response: Response;
  try {
    response = await fetch(`${base}/healthz`, { signal: AbortSignal.timeout(answerMs) });
  } catch (error) {
    return [broken(`${base} does not answer: ${reasonOf(error)}`, 'start it, or correct --url')];
  }
  const answeredAt = Date.now();
  const text = await response.text().catch(() => '');
  if (!text.includes('"alive"')) {
    return [
      notice(
        `${base}/healthz answers ${response.status}, and nothing of Tidings`,
        'fine where the proxy keeps it to itself',
      ),
    ];
  }
  // The header tells whole seconds.
  const told = Date.parse(response.headers.get('date') ?? '') + 500;
  const difference = Number.isNaN(told) ? null : compareClock([{ askedAt, answeredAt, told }]);
  const clocks =
    difference === null
      ? []
      : judgeClocks([{ ...difference, uncertainMs: difference.uncertainMs + 500, name: 'the server' }]);
  return [fine(`${base} is alive`), ...clocks];
}

async function checkReady(base: string): Promise<Finding> {
  const { fine, notice, broken } = about('server');
  const response = await fetch(`${base}/readyz`, { signal: AbortSignal.timeout(answerMs) }).catch(() => null);
  const answer = (await response?.json().catch(() => null)) as
    { readonly status?: string; readonly missing?: readonly string[] } | null | undefined;
  if (answer?.status === 'ready') return fine('ready: its database and its engine answer');
  if (answer?.status === 'degraded')
    return broken(
      `serves less than it could: ${(answer.missing ?? []).join(' ')}`,
      'bring it back; see its log',
    );
  if (response?.status === 503 && answer != null)
    return broken(`not ready: ${(answer.missing ?? ['it does not say why']).join(' ')}`, 'see its log');
  return notice('/readyz does not answer as Tidings does', 'fine where the proxy keeps it to itself');
}

/** By whoever comes without a token. */
async function checkMetrics(base: string): Promise<Finding> {
  const { fine, notice } = about('server');
  const response = await fetch(`${base}/metrics`, { signal: AbortSignal.timeout(answerMs) }).catch(
    () => null,
  );
  const text = (await response?.text().catch(() => '')) ?? '';
  if (!text.includes('tidings_build_info')) return fine('/metrics is not told without a token');
  if (isLoopback(new URL(base).hostname)) return fine('/metrics is told to this machine');
  return notice(
    `${base}/metrics is told to this machine without a token`,
    'fine where only your own network reaches that address; else let the proxy keep /metrics to itself, or set METRICS_TOKEN',
  );
}

async function checkWebSockets(base: string): Promise<readonly Finding[]> {
  const { fine, broken } = about('websocket');
  const own = await openSocket(base, undefined);
  if (own.kind === 'failed') return [broken(`can not be opened: ${own.reason}`, passOn)];
  if (own.kind === 'answered') {
    const what = `the proxy does not pass the upgrade on: it was answered with ${own.status}`;
    return [
      own.status === 403
        ? broken(`refused with ${own.status}`, 'correct the proxy: it sends an Origin of its own')
        : broken(what, passOn),
    ];
  }
  if (own.protocol !== protocol)
    return [
      broken(
        `the subprotocol ${protocol} was lost on the way`,
        'let the proxy pass Sec-WebSocket-Protocol on',
      ),
    ];
  if (own.reply === null) return [broken('opened, but nothing that is sent through it is answered', passOn)];
  return [
    fine(`${protocol} is passed through, and answered with ${own.reply}`),
    await checkOwnOrigin(base),
    await checkOrigin(base),
  ];
}

async function checkOwnOrigin(base: string): Promise<Finding> {
  const { fine, notice } = about('origins');
  const { origin } = new URL(base);
  const own = await openSocket(base, origin);
  if (own.kind === 'open') return fine(`a page of ${origin} may open WebSockets`);
  return notice(
    `a page of ${origin} itself can not open WebSockets: ${own.kind === 'answered' ? `refused with ${own.status}` : own.reason}`,
    'fine where there are no pages; else let the proxy pass Host on, or tell it in X-Forwarded-Host and name the proxy in TRUSTED_PROXIES',
  );
}

async function checkOrigin(base: string): Promise<Finding> {
  const { fine, notice, broken } = about('origins');
  const strange = await openSocket(base, strangeOrigin);
  if (strange.kind === 'answered')
    return fine(`a page of ${strangeOrigin} is refused with ${strange.status}`);
  if (strange.kind === 'failed')
    return notice(`it is not known whether other origins are refused: ${strange.reason}`, 'try again');
  return broken(
    `a page of ${strangeOrigin} may open WebSockets`,
    'let the proxy pass Origin and Host on as they come, and ALLOWED_ORIGINS name your own pages only',
  );
}

type Opened =
  | { readonly kind: 'open'; readonly protocol: string; readonly reply: string | null }
  /** By HTTP, in place of the upgrade. */
  | { readonly kind: 'answered'; readonly status: number }
  | { readonly kind: 'failed'; readonly reason: string };

/** Says connection_init without a token: it is answered with connection_ack, or by closing with a code of ours. */
function openSocket(base: string, origin: string | undefined): Promise<Opened> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`${base.replace(/^http/, 'ws')}/graphql`, protocol, {
      handshakeTimeout: answerMs,
      ...(origin !== undefined && { origin }),
    });
    const end = (opened: Opened): void => {
      clearTimeout(deadline);
      resolve(opened);
      socket.terminate();
    };
    const deadline = setTimeout(
      () => end({ kind: 'open', protocol: socket.protocol, reply: null }),
      2 * answerMs,
    );
    socket.on('unexpected-response', (_request, { statusCode = 0 }) =>
      end({ kind: 'answered', status: statusCode }),
    );
    socket.on('error', (error) => end({ kind: 'failed', reason: reasonOf(error) }));
    socket.on('open', () => socket.send('{"type":"connection_init"}'));
    socket.on('message', () => end({ kind: 'open', protocol: socket.protocol, reply: 'connection_ack' }));
    socket.on('close', (code) =>
      end({ kind: 'open', protocol: socket.protocol, reply: code >= 4_000 ? `${code}` : null }),
    );
  });
}
