// The switch "go offline" for everything but the WebSocket: while it is off, requests fail as they do without a network.

export class OfflineError extends Error {
  override readonly name = 'OfflineError';

  constructor() {
    super('You are offline.');
  }
}

export class SwitchableNetwork {
  #isOffline = false;
  #underWay = new AbortController();
  readonly #listeners = new Set<() => void>();

  get isOffline(): boolean {
    return this.#isOffline;
  }

  readonly fetch: typeof fetch = async (input, init) => {
    if (this.#isOffline) throw new OfflineError();
    const signals = [this.#underWay.signal, init?.signal].filter((signal) => signal != null);
    return fetch(input, { ...init, signal: AbortSignal.any(signals) });
  };

  /** What is under way fails too. */
  switchOff(): void {
    this.#isOffline = true;
    this.#underWay.abort(new OfflineError());
    this.#tell();
  }

  switchOn(): void {
    this.#isOffline = false;
    this.#underWay = new AbortController();
    this.#tell();
  }

  readonly listen = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}
