/**
 * The part of the GraphiQL page that is ours; `graphiql.ts` puts its text into the page. It gives GraphiQL a fetcher
 * of our own, because the bundled one opens its WebSocket without a token and shares it whatever the Headers tab says.
 *
 * It runs in the browser and travels by `Function.prototype.toString`: it may refer to nothing outside itself but types.
 */
import type { Client, createClient, SubscribePayload } from 'graphql-ws/client';
import type { GraphiqlTab } from './graphiql-tabs.ts';

/** What the server tells the page: plain JSON. */
export interface GraphiqlClientConfig {
  readonly endpoint: string;
  readonly title: string;
  readonly logoSvg: string;
  /** Monaco's web workers: label to address. */
  readonly workers: Readonly<Record<string, string>>;
  /** JSON text that every tab's Headers begin with. */
  readonly defaultHeaders: string;
  readonly tabs: readonly GraphiqlTab[];
}

interface GraphiqlRequest extends SubscribePayload {
  readonly query: string;
}
interface Operation {
  readonly type: string;
  readonly name?: string;
}
type Headers = Readonly<Record<string, string>> | undefined;
interface Observer {
  next(result: unknown): void;
  complete(): void;
}
interface TabsState {
  readonly tabs: readonly { readonly id: string }[];
  readonly activeTabIndex: number;
}
/** A running subscription. It belongs to a tab and is shown (`observer`) while that tab is in front. */
interface Follow {
  observer: Observer | null;
  latest: unknown;
  ended: boolean;
  stop(): void;
}

export function startGraphiql(config: GraphiqlClientConfig, connect: typeof createClient): void {
  const websocketUrl = new URL(config.endpoint, location.href.replace(/^http/, 'ws')).href;
  const clients = new Map<string, Client>();
  const follows = new Map<string, Follow>();
  let activeTab = '';
  let tabChanges = 0;
  let resuming: Follow | null = null;

  /**
   * One connection for each Authorization header: whoever edits the Headers tab to become bob gets bob's events from
   * the next Run on, while alice's subscription in another tab goes on. A connection closes with its last subscription.
   */
  function clientFor(authorization: string): Client {
    let client = clients.get(authorization);
    if (!client) {
      client = connect({
        url: websocketUrl,
        connectionParams: authorization ? { authorization } : {},
        // A server restarted during development is back soon. An expired token (4403) stays expired.
        shouldRetry: (reason) => reason instanceof CloseEvent && reason.code !== 4403,
        retryAttempts: 20,
        retryWait: () => new Promise((resolve) => setTimeout(resolve, 500 + Math.random() * 500)),
      });
      clients.set(authorization, client);
    }
    return client;
  }

  function authorizationOf(headers: Headers): string {
    for (const [name, value] of Object.entries(headers ?? {}))
      if (name.toLowerCase() === 'authorization') return String(value);
    return '';
  }

  /**
   * The operation that a request runs, read from its text: GraphiQL's own reading of a tab lags 100 ms behind, so that a
   * quick Run after a change of tab names the other tab's operation. undefined: left to the server to refuse.
   */
  function operationOf({ query, operationName }: GraphiqlRequest): Operation | undefined {
    let outline = query.replace(/"""[^]*?"""|"(?:\\.|[^"\\\n])*"|#.*/g, ' ');
    // Innermost braces and parentheses first, until only what stands outside of them is left.
    for (let before = ''; before !== outline;) {
      before = outline;
      outline = outline.replace(/\{[^{}]*\}|\([^()]*\)/g, ' ; ');
    }
    const operations = Array.from(
      outline.matchAll(/\b(query|mutation|subscription)\b[ \t\r\n,]*([_A-Za-z]\w*)?/g),
      ([, type = '', name]) => ({ type, ...(name && { name }) }),
    );
    if (operations.length === 0) return { type: 'query' };
    return (
      operations.find(({ name }) => name === operationName) ??
      (operations.length === 1 ? operations[0] : undefined)
    );
  }

  async function post(request: GraphiqlRequest, headers: Headers): Promise<unknown> {
    const response = await fetch(config.endpoint, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/graphql-response+json, application/json',
        ...headers,
      },
      body: JSON.stringify(request),
    });
    const text = await response.text();
    try {
      return JSON.parse(text) as unknown;
    } catch {
      throw new Error(`HTTP ${response.status} without JSON: ${text.slice(0, 500)}`);
    }
  }

  /** A refused operation comes as a list of errors, a refused connection as its close event. */
  function toResult(reason: unknown): unknown {
    if (Array.isArray(reason)) return { errors: reason as unknown[] };
    if (reason instanceof CloseEvent) {
      const advice = [4401, 4403].includes(reason.code) ? ' (reload the page for a new token)' : '';
      return { errors: [{ message: `WebSocket closed: ${reason.code} ${reason.reason}${advice}` }] };
    }
    return { errors: [{ message: reason instanceof Error ? reason.message : 'The WebSocket failed' }] };
  }

  function follow(tab: string, request: GraphiqlRequest, authorization: string): Follow {
    const started: Follow = { observer: null, latest: undefined, ended: false, stop: () => undefined };
    const show = (result: unknown) => {
      started.latest = result;
      started.observer?.next(result);
    };
    const end = () => {
      started.ended = true;
      if (started.observer) finish(tab, started);
    };
    started.stop = clientFor(authorization).subscribe(request, {
      next: show,
      error: (reason) => {
        show(toResult(reason));
        end();
      },
      complete: end,
    });
    return started;
  }

  /*
   * GraphiQL ends a tab's subscription when another tab comes to the front, so a mutation run there could never be seen
   * arriving. Ours goes on in the background and is shown again when its tab returns:
   *
   *   shown ── another tab ──> background ── its tab again ──> shown
   *     └── Stop ──> stopped <── tab closed ──┘
   */
  function observe(tab: string, shown: Follow) {
    return {
      subscribe(observer: Observer) {
        shown.observer = observer;
        // After GraphiQL has stored the subscription below, or `complete` would come before it.
        queueMicrotask(() => {
          if (shown.observer !== observer) return;
          if (shown.latest !== undefined) observer.next(shown.latest);
          if (shown.ended) finish(tab, shown);
        });
        return {
          unsubscribe() {
            if (shown.observer === observer) shown.observer = null;
            const before = tabChanges;
            // A press on a tab calls this and then, within the same turn, `onTabChange`; Stop calls only this.
            queueMicrotask(() => {
              if (shown.observer) return;
              if (tabChanges === before) stop(tab, shown);
              else setTimeout(() => resume(tab));
            });
          },
        };
      },
    };
  }

  function stop(tab: string, stopped: Follow): void {
    stopped.stop();
    if (follows.get(tab) === stopped) follows.delete(tab);
  }

  /** Once its end has been seen, or its tab would show it again over what was run there since. */
  function finish(tab: string, ended: Follow): void {
    if (follows.get(tab) === ended) follows.delete(tab);
    ended.observer?.complete();
  }

  function fetcher(sent: GraphiqlRequest, { headers }: { headers?: Headers } = {}): unknown {
    const tab = activeTab;
    if (resuming) return observe(tab, resuming);
    const operation = operationOf(sent);
    const request = operation ? { ...sent, operationName: operation.name } : sent;
    if (operation?.type !== 'subscription') return post(request, headers);
    const earlier = follows.get(tab);
    if (earlier) stop(tab, earlier);
    const started = follow(tab, request, authorizationOf(headers));
    follows.set(tab, started);
    return observe(tab, started);
  }

  /** Called at every change of a tab's content too, and so before the first operation of a tab runs. */
  function onTabChange({ tabs, activeTabIndex }: TabsState): void {
    tabChanges += 1;
    const next = tabs[activeTabIndex]?.id ?? '';
    for (const [tab, followed] of follows) if (!tabs.some(({ id }) => id === tab)) stop(tab, followed);
    if (next === activeTab) return;
    const left = follows.get(activeTab)?.observer;
    activeTab = next;
    // A new tab comes to the front without the old one's `unsubscribe`: free its Run button.
    if (left) {
      for (const followed of follows.values()) if (followed.observer === left) followed.observer = null;
      queueMicrotask(() => left.complete());
    }
    setTimeout(() => resume(next));
  }

  /** Presses Run, for GraphiQL offers no other way to show a subscription; `fetcher` answers with the running one. */
  function resume(tab: string): void {
    const background = follows.get(tab);
    if (tab !== activeTab || !background || background.observer) return;
    resuming = background;
    document.querySelector<HTMLButtonElement>('.graphiql-execute-button')?.click();
    resuming = null;
    // With several operations in the tab the button opens a menu instead: nothing may run unseen.
    queueMicrotask(() => {
      if (!background.observer) stop(tab, background);
    });
  }

  /**
   * Tabs survive a reload under names of our own, as other projects' GraphiQL uses the same origin `localhost:4000`.
   * Tokens never do: they expire, and an old one would break a later visit.
   */
  const storage = {
    getItem: (key: string) => localStorage.getItem(`tidings:${key}`),
    setItem: (key: string, value: string) => localStorage.setItem(`tidings:${key}`, value),
    removeItem: (key: string) => localStorage.removeItem(`tidings:${key}`),
    keys: () => Object.keys(localStorage).filter((key) => key.startsWith('tidings:')),
    clear: () => storage.keys().forEach((key) => localStorage.removeItem(key)),
    get length(): number {
      return storage.keys().length;
    },
  };

  const linkedQuery = new URL(location.href).searchParams.get('query');
  const defaultTabs = linkedQuery ? [{ query: linkedQuery }, ...config.tabs] : config.tabs;

  Object.assign(globalThis, {
    MonacoEnvironment: {
      globalAPI: false,
      getWorkerUrl: (_moduleId: string, label: string) => config.workers[label],
    },
  });
  const { YogaGraphiQL } = globalThis as unknown as {
    YogaGraphiQL: { renderYogaGraphiQL(root: Element | null, options: object): void };
  };
  YogaGraphiQL.renderYogaGraphiQL(document.querySelector('#root'), {
    title: config.title,
    logo: config.logoSvg,
    fetcher,
    onTabChange,
    // In place of one that writes every keystroke into the address.
    onEditQuery: () => undefined,
    storage,
    shouldPersistHeaders: false,
    showPersistHeadersSettings: false,
    defaultHeaders: config.defaultHeaders,
    defaultEditorToolsVisibility: 'headers',
    defaultTabs: defaultTabs.map((tab) => ({ ...tab, headers: config.defaultHeaders })),
  });
}
