// What became of one attempt: done, worth another one, or refused. Pure: attempt.ts does the talking.

/** `done` holds the data; the others say why not. */
export type Attempted =
  { readonly kind: 'done'; readonly data: unknown } | ({ readonly kind: 'failed' } & Failed);

export interface Failed {
  readonly code: string;
  /** What the server said, or what happened instead. */
  readonly message: string;
  /** Whether the same request may succeed. */
  readonly retryable: boolean;
  /** Whether it may have been carried out. */
  readonly mayHaveHappened: boolean;
  /** As long the server asks to wait. */
  readonly retryAfterMs: number | null;
  readonly cause?: unknown;
}

export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly retryAfter: string | null;
  readonly location: string | null;
  readonly text: string;
}

interface ResponseBody {
  readonly data?: unknown;
  readonly errors?: readonly ResponseError[];
}

interface ResponseError {
  readonly message?: unknown;
  readonly path?: readonly unknown[];
  readonly extensions?: { readonly code?: unknown; readonly retryAfterMs?: unknown };
}

/** An answer, whoever gave it: the server, or something between. */
export function classifyAnswer(answer: Answer, url: string, nowMs: number): Attempted {
  const body = parseBody(answer.text);
  const [error] = body?.errors ?? [];
  if (error !== undefined) return { kind: 'failed', ...classifyError(error, answer, nowMs) };
  if (body?.data !== undefined && body.data !== null) return { kind: 'done', data: body.data };
  return { kind: 'failed', ...classifyStranger(answer, url, nowMs) };
}

function parseBody(text: string): ResponseBody | null {
  try {
    const body: unknown = JSON.parse(text);
    if (body === null || typeof body !== 'object') return null;
    const { errors } = body as { errors?: unknown };
    return errors === undefined || Array.isArray(errors) ? body : null;
  } catch {
    return null;
  }
}

const retryableCodes = new Set(['RATE_LIMITED', 'UNAVAILABLE']);
/** Behind these it may have been carried out: something failed on the way, or the answer to the commit was lost. */
const unknownCodes = new Set(['UNAVAILABLE', 'INTERNAL']);

/** The server's own word. Where a field of the result failed, the mutation itself was carried out before. */
function classifyError({ message, path, extensions }: ResponseError, answer: Answer, nowMs: number): Failed {
  const code = typeof extensions?.code === 'string' ? extensions.code : codeOfStatus(answer.status);
  const told = extensions?.retryAfterMs;
  return {
    code,
    message: typeof message === 'string' ? message : `The server answered ${answer.status}.`,
    retryable: retryableCodes.has(code),
    mayHaveHappened: unknownCodes.has(code) || (path?.length ?? 0) > 1,
    retryAfterMs: typeof told === 'number' ? told : toRetryAfterMs(answer.retryAfter, nowMs),
  };
}

/** No GraphQL: a proxy, a gateway, another server, or an answer that was cut short. */
function classifyStranger(answer: Answer, url: string, nowMs: number): Failed {
  const { status, contentType } = answer;
  const retryAfterMs = toRetryAfterMs(answer.retryAfter, nowMs);
  const failed = (code: string, message: string, retryable: boolean, mayHaveHappened: boolean): Failed => ({
    code,
    message,
    retryable,
    mayHaveHappened,
    retryAfterMs,
  });
  const said = `${url} answered ${status} without a GraphQL response`;
  if (status === 429) return failed('RATE_LIMITED', `${said}: too many requests.`, true, false);
  if (status >= 500 || status === 408) return failed('UNAVAILABLE', `${said}.`, true, true);
  if (status === 401 || status === 403 || status === 413) {
    return failed(codeOfStatus(status), `${said}: something before the server refused it.`, false, false);
  }
  if (status < 200 || (status >= 300 && status < 400)) {
    const to = answer.location === null ? '' : ` to ${answer.location}`;
    return failed('UNREACHABLE', `${url} redirects${to}. Take the address it leads to.`, false, false);
  }
  if (status < 300 && contentType.includes('json')) {
    return failed(
      'UNAVAILABLE',
      `${url} answered with JSON that is cut off, or no GraphQL response.`,
      true,
      true,
    );
  }
  const advice = 'Is this the address of a Tidings server, with its path /graphql?';
  return failed('UNREACHABLE', `${said}. ${advice}`, false, status < 300);
}

function codeOfStatus(status: number): string {
  switch (status) {
    case 401:
      return 'UNAUTHENTICATED';
    case 403:
      return 'FORBIDDEN';
    case 404:
      return 'NOT_FOUND';
    case 413:
      return 'PAYLOAD_TOO_LARGE';
    case 429:
      return 'RATE_LIMITED';
    case 503:
      return 'UNAVAILABLE';
    default:
      return status >= 400 && status < 500 ? 'BAD_USER_INPUT' : 'INTERNAL';
  }
}

/** Seconds, or a date. */
function toRetryAfterMs(header: string | null, nowMs: number): number | null {
  if (header === null) return null;
  if (/^\d+$/.test(header.trim())) return Number(header) * 1_000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? null : Math.max(at - nowMs, 0);
}

/** Nothing was sent yet where these are what `fetch` failed with: Node's, Bun's and Deno's names. */
const beforeSending = new Set([
  'ECONNREFUSED',
  'ConnectionRefused',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** What `fetch` rejected with: there was no answer. */
export function classifyRejection(error: unknown, url: string): Failed {
  const { code, message } = innermost(error);
  const wasSent = !beforeSending.has(code);
  return {
    code: 'UNREACHABLE',
    message: wasSent
      ? `The connection to ${url} broke before there was an answer (${message}).`
      : `Nothing answered at ${url} (${message}). Check the address, and that the server runs.`,
    retryable: true,
    mayHaveHappened: wasSent,
    retryAfterMs: null,
    cause: error,
  };
}

/** `fetch` itself only says that it failed. Of several addresses that were tried the first tells why. */
function innermost(error: unknown): { readonly code: string; readonly message: string } {
  let [code, message] = ['', ''];
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    const known: unknown = (at as { code?: unknown }).code;
    if (typeof known === 'string') code = known;
    const [first] = at instanceof AggregateError ? (at.errors as unknown[]) : [];
    message = (first instanceof Error ? first.message : at.message) || code || message;
  }
  return { code, message: message || String(error) };
}
