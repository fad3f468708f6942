// A subscription to live state: holds the newest value of each key until its consumer takes it, so that a slow reader
// costs no more than the state itself.
import { PushIterator } from './push-iterator.ts';

export class ConflatingQueue<K, V extends object> extends PushIterator<V> {
  readonly #values = new Map<K, V>();
  readonly #onRelease: () => void;

  /** `onRelease` is called once, when the subscription is over. Must not throw. */
  constructor(onRelease: () => void) {
    super();
    this.#onRelease = onRelease;
  }

  /** Replaces an undelivered value of the same key, which keeps its turn. */
  push(key: K, value: V): void {
    if (this.closed) return;
    this.#values.set(key, value);
    this.wake();
  }

  protected take(): V | undefined {
    for (const [key, value] of this.#values) {
      this.#values.delete(key);
      return value;
    }
    return undefined;
  }

  protected release(): void {
    this.#onRelease();
  }
}
