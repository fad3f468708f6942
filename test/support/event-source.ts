// What `curl -N -H 'Accept: text/event-stream'` sees: one subscription as a stream of server-sent events.
export interface ServerSentEvents extends AsyncDisposable {
  readonly response: Response;
  /** The next event that is not a comment; null at the end of the stream. */
  next(): Promise<{ event: string; data: any } | null>;
  /** Hangs up. */
  leave(): void;
}

export async function openEvents(
  { url }: { readonly url: string },
  token: string,
  body: { readonly query: string; readonly variables?: object },
): Promise<ServerSentEvents> {
  const leaving = new AbortController();
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'text/event-stream',
      authorization: `Bearer ${token}`,
    },
    body: JSON.stringify(body),
    signal: leaving.signal,
  });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';

  const nextBlock = async (): Promise<string | null> => {
    for (;;) {
      const end = text.indexOf('\n\n');
      if (end >= 0) {
        const block = text.slice(0, end);
        text = text.slice(end + 2);
        return block;
      }
      const chunk = await reader?.read();
      if (chunk === undefined || chunk.done) return null;
      text += chunk.value;
    }
  };

  return {
    response,
    async next() {
      for (;;) {
        const block = await nextBlock();
        if (block === null) return null;
        const event = /^event: ?(.*)$/m.exec(block)?.[1];
        if (event === undefined) continue;
        const lines = [...block.matchAll(/^data: ?(.*)$/gm)].map(([, line = '']) => line);
        const data = lines.join('\n');
        return { event, data: data === '' ? null : JSON.parse(data) };
      }
    },
    leave: () => leaving.abort(),
    [Symbol.asyncDispose]: async () => leaving.abort(),
  };
}
