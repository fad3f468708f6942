// One attempt: a POST, and what became of it. The connection is kept open by `fetch`, which is why every answer is read to its end.
import { classifyAnswer, classifyRejection, type Attempted } from './classify.ts';

export interface AttemptRequest {
  readonly fetch: typeof fetch;
  readonly url: string;
  readonly headers: Headers;
  readonly body: string;
  readonly timeoutMs: number;
  /** Of whoever called; it is told by throwing its reason. */
  readonly signal: AbortSignal | undefined;
}

/** Rejects only where `signal` is aborted. */
export async function attempt(request: AttemptRequest): Promise<Attempted> {
  const { url, headers, body, timeoutMs, signal } = request;
  signal?.throwIfAborted();
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  signal?.addEventListener('abort', abort);
  const timer = setTimeout(abort, timeoutMs);
  try {
    // Called without an owner: some runtimes refuse it with any other.
    const { fetch } = request;
    const response = await fetch(url, {
      method: 'POST',
      headers,
      body,
      // Followed, a POST may become a GET, and the token may go where it was not meant for.
      redirect: 'manual',
      signal: controller.signal,
    });
    const text = await response.text();
    const { status, headers: told } = response;
    const answer = {
      status,
      text,
      contentType: told.get('content-type') ?? '',
      retryAfter: told.get('retry-after'),
      location: told.get('location'),
    };
    return classifyAnswer(answer, url, Date.now());
  } catch (error) {
    signal?.throwIfAborted();
    if (!controller.signal.aborted) return { kind: 'failed', ...classifyRejection(error, url) };
    return {
      kind: 'failed',
      code: 'TIMEOUT',
      message: `${url} did not answer within ${Math.round(timeoutMs)} ms.`,
      retryable: true,
      mayHaveHappened: true,
      retryAfterMs: null,
      cause: error,
    };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  }
}
