// Leaving a room: at once, but while this node drains only after a grace. Whoever followed the room here goes on at another
// node within that, and the others are told nothing.
import type { Logger } from 'pino';
import type { PresenceRegistry, PresenceSession } from '../../engines/engine.ts';

export interface RoomLeavingOptions {
  readonly registry: Pick<PresenceRegistry, 'untrack'>;
  readonly logger: Logger;
  readonly graceMs: number;
}

export class RoomLeaving {
  readonly #options: RoomLeavingOptions;
  readonly #underWay = new Set<Promise<void>>();
  #isDraining = false;

  constructor(options: RoomLeavingOptions) {
    this.#options = options;
  }

  drain(): void {
    this.#isDraining = true;
  }

  /** `shown-out` is whoever may not be there any more: no grace. */
  leave(session: PresenceSession, why: 'left' | 'shown-out'): void {
    const graceMs = this.#isDraining && why === 'left' ? this.#options.graceMs : 0;
    const leaving = this.#leave(session, graceMs);
    this.#underWay.add(leaving);
    void leaving.then(() => this.#underWay.delete(leaving));
  }

  /** Resolves when whoever has left by now is gone. */
  async lingered(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  async #leave(session: PresenceSession, graceMs: number): Promise<void> {
    const { registry, logger } = this.#options;
    if (graceMs > 0) await new Promise<void>((resume) => void setTimeout(resume, graceMs).unref());
    try {
      await registry.untrack(session);
    } catch (error) {
      // The registry carries it out when it is back.
      logger.warn({ err: error }, 'leaving a room is late: the engine is away');
    }
  }
}
