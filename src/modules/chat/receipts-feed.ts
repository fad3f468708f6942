// The read receipts of one conversation on this node, shared by all who follow them: hears each change once, and reads them
// once where some may have been missed.
import type { Broker, Following } from '../../engines/engine.ts';
import type { ReceiptView } from './newer-receipt.ts';

export interface ReceiptsListener {
  /** A change, or after an absence of the broker any receipt. Must not throw. */
  onReceipt(receipt: ReceiptView): void;
  /** They could not be read where some may have been missed. Must not throw. */
  onFailed(error: unknown): void;
}

export interface ReceiptsFeedOptions {
  readonly channel: string;
  readonly broker: Pick<Broker, 'follow'>;
  /** Everybody's, as they are. */
  read(): Promise<readonly ReceiptView[]>;
}

export class ReceiptsFeed {
  readonly #options: ReceiptsFeedOptions;
  readonly #listeners = new Set<ReceiptsListener>();
  #opened: Promise<Following> | null = null;

  constructor(options: ReceiptsFeedOptions) {
    this.#options = options;
  }

  /** Resolves when nothing is missed any more. Rejects with UNAVAILABLE where the broker is away. */
  async join(listener: ReceiptsListener): Promise<void> {
    await this.#open();
    this.#listeners.add(listener);
  }

  leave(listener: ReceiptsListener): void {
    this.#listeners.delete(listener);
  }

  close(): void {
    this.#listeners.clear();
    this.#opened?.then(
      (following) => following.unfollow(),
      () => undefined, // told to whoever joined
    );
  }

  #open(): Promise<Following> {
    if (this.#opened !== null) return this.#opened;
    const { channel, broker } = this.#options;
    const opening = broker.follow(channel, {
      onMessage: (message) => this.#tell(JSON.parse(message) as ReceiptView),
      onRestored: () => void this.#readAnew(),
    });
    this.#opened = opening;
    opening.catch(() => {
      if (this.#opened === opening) this.#opened = null;
    });
    return opening;
  }

  #tell(receipt: ReceiptView): void {
    for (const listener of this.#listeners) listener.onReceipt(receipt);
  }

  /** Never rejects. */
  async #readAnew(): Promise<void> {
    try {
      for (const receipt of await this.#options.read()) this.#tell(receipt);
    } catch (error) {
      for (const listener of [...this.#listeners]) listener.onFailed(error);
    }
  }
}
