// One subscription as the member of an audience: takes events when its receiver can be handed results, and hands them over in
// order. Nothing is taken meanwhile: what waits, waits as its stream lets it wait, conflated or in the log.
//
//   idle ──(woken)──▶ pulling ──(nothing at hand)──▶ idle
//                       │  ▲
//                       │  └──(settled; there is room)──┐
//                       └──(to be confirmed; a result is a promise; no room)──▶ waiting
import type { Context } from '../schema/context.ts';
import type { Failure, Puller, PushIterator } from '../streams/push-iterator.ts';
import type { Audience } from './audience.ts';
import { viewerKey, type Audiences, type Selection } from './audiences.ts';
import type { EventResult } from './event-result.ts';
import { PulledIterator } from './pulled-iterator.ts';

/** Whoever is told: a subscription of a WebSocket, or an SSE response. */
export interface Receiver {
  /** Whether a result may be handed over now. Where not, `onceReady` tells when. */
  readonly isReady: boolean;
  onceReady(resume: () => void): void;
  /** It will not be called any more. */
  forget(resume: () => void): void;
  /** `announcedAt` is when the event was told, see Delivery. Where it throws, the subscription ends with that. */
  receive(result: EventResult, announcedAt: number | null): void;
  /** Nothing follows. Must not throw. */
  end(failure: Failure | null): void;
}

/** What all members have in common. */
export interface Membership {
  readonly audiences: Audiences;
  /** Asked before anything is told, see Revocations. */
  readonly confirm: () => Promise<void> | null;
}

export interface MemberOptions {
  readonly source: PushIterator<object>;
  readonly selection: Selection;
  readonly context: Context;
  readonly membership: Membership;
}

/** An event of a stream. */
interface Announced {
  readonly announcedAt?: number;
}

/** Of sources that are event streams. */
interface Classified {
  readonly topic?: string;
  /** Tells their subscribers apart. */
  readonly authorizationClass?: string;
}

export class Member implements Puller {
  readonly #source: PushIterator<object> & Classified;
  readonly #selection: Selection;
  readonly #context: Context;
  readonly #membership: Membership;
  #receiver: Receiver | null = null;
  #phase: 'idle' | 'pulling' | 'waiting' | 'over' = 'idle';
  /** Woken while it was pulling: it looks once more. */
  #wokenAgain = false;
  /** It is over, and the last result is still to be handed over. */
  #ending: { readonly failure: Failure | null } | null = null;
  #audience: Audience | null = null;
  /** What it has joined the audience as. */
  #joinedClass: string | undefined;
  #isEventStream = false;
  #joinedViewer: unknown;
  #resume: (() => void) | null = null;
  /** What waits for room with an event that is confirmed. */
  #roomFound: (() => void) | null = null;

  constructor({ source, selection, context, membership }: MemberOptions) {
    this.#source = source;
    this.#selection = selection;
    this.#context = context;
    this.#membership = membership;
  }

  /** Whether the receiver has been handed everything that there is. */
  get isAtRest(): boolean {
    return this.#phase === 'over' || (this.#phase === 'idle' && this.#source.isAtRest);
  }

  /** Begins. To be called once. */
  deliverTo(receiver: Receiver): void {
    this.#receiver = receiver;
    this.#joined();
    this.#source.pullWith(this);
  }

  /** The receiver is told nothing more. May be called again. */
  stop(): void {
    this.#leave();
    void this.#source.return();
  }

  onValue(event: unknown): boolean {
    if (this.#phase !== 'idle' || this.#receiver?.isReady !== true) return false;
    this.#phase = 'pulling';
    if (!this.#tell(event)) return true;
    this.#phase = 'idle';
    // Whatever has come meanwhile.
    if (this.#wokenAgain) this.#pull();
    return true;
  }

  onWake(): void {
    if (this.#phase === 'idle') this.#pull();
    else if (this.#phase === 'pulling') this.#wokenAgain = true;
  }

  onOver(failure: Failure | null): void {
    if (this.#phase === 'over') return;
    this.#ending = { failure };
    // A result that is on its way comes first.
    if (this.#phase !== 'waiting') this.#end();
  }

  #pull(): void {
    const source = this.#source;
    this.#phase = 'pulling';
    do {
      this.#wokenAgain = false;
      for (;;) {
        if (this.#receiver?.isReady === false) {
          this.#phase = 'waiting';
          this.#resume ??= () => this.#goOn();
          return this.#receiver.onceReady(this.#resume);
        }
        const event = source.pull();
        // Pulling may have ended it.
        if (this.#isOver()) return;
        if (event === undefined) break;
        if (!this.#tell(event)) return;
      }
    } while (this.#wokenAgain);
    this.#phase = 'idle';
  }

  #isOver(): boolean {
    return this.#phase === 'over';
  }

  /** `tell` follows when the promise has settled, unless it is over by then; and whatever comes next where it answers true. */
  #after<T>(awaited: Promise<T>, tell: (settled: T) => boolean): false {
    this.#phase = 'waiting';
    awaited.then(
      (settled) => {
        if (!this.#isOver() && tell(settled)) this.#goOn();
      },
      (error: unknown) => this.#fail(error),
    );
    return false;
  }

  /**
   * Whether the next may follow at once. What was taken is confirmed then, once: while nobody can be sure for long, each event
   * waits for a look of its own. Never throws: whoever has brought the event has others to tell.
   */
  #tell(event: unknown): boolean {
    const confirming = this.#membership.confirm();
    return confirming === null
      ? this.#tellConfirmed(event)
      : // What ends a subscription at once drops what was not told.
        this.#after(this.#withRoom(confirming), () => this.#ending !== null || this.#tellConfirmed(event));
  }

  /** Many wait for one look, and what is told first may leave no room for the others. */
  async #withRoom(confirming: Promise<void>): Promise<void> {
    await confirming;
    while (this.#receiver?.isReady === false) {
      await new Promise<void>((resolve) => {
        this.#roomFound = resolve;
        this.#receiver?.onceReady(resolve);
      });
    }
    this.#roomFound = null;
  }

  #tellConfirmed(event: unknown): boolean {
    try {
      const outcome = this.#joined().resultOf(event, this.#context);
      if (!(outcome instanceof Promise)) return this.#handOver(outcome, event);
      // What took its time is confirmed when it is there.
      const confirmed = async (): Promise<EventResult> => {
        const result = await outcome;
        await this.#membership.confirm();
        return result;
      };
      return this.#after(confirmed(), (result) => this.#handOver(result, event));
    } catch (error) {
      this.#fail(error);
    }
    return false;
  }

  /** Whether it could be, and more may follow: JSON can not hold everything that a resolver may answer. */
  #handOver(result: EventResult, event: unknown): boolean {
    try {
      const announcedAt = this.#isEventStream ? (event as Announced).announcedAt : undefined;
      this.#receiver?.receive(result, announcedAt ?? null);
      return !this.#isOver();
    } catch (error) {
      this.#fail(error);
      return false;
    }
  }

  #fail(error: unknown): void {
    if (this.#isOver()) return;
    this.#ending = { failure: { error } };
    this.#end();
    void this.#source.return();
  }

  #goOn(): void {
    if (this.#phase !== 'waiting') return;
    this.#phase = 'idle';
    if (this.#ending === null) this.#pull();
    else this.#end();
  }

  #end(): void {
    const failure = this.#ending?.failure ?? null;
    const receiver = this.#receiver;
    this.#leave();
    receiver?.end(failure);
  }

  #leave(): void {
    this.#phase = 'over';
    if (this.#resume !== null) this.#receiver?.forget(this.#resume);
    if (this.#roomFound !== null) this.#receiver?.forget(this.#roomFound);
    this.#receiver = null;
    if (this.#audience !== null) this.#membership.audiences.leave(this.#audience);
    this.#audience = null;
  }

  /** A renewed token may be of another class, and is another viewer to whatever depends on viewers. */
  #joined(): Audience {
    const audience = this.#audience;
    if (audience !== null && this.#source.authorizationClass === this.#joinedClass) {
      if (!audience.dependsOnViewer) return audience;
      if (this.#context.session.viewer === this.#joinedViewer) return audience;
    }
    return this.#join();
  }

  #join(): Audience {
    const { audiences } = this.#membership;
    const [selection, context] = [this.#selection, this.#context];
    const source = this.#source;
    const { topic = '', authorizationClass } = source;
    const dependsOnViewer = selection.operation.sharing !== 'everybody';
    if (this.#audience !== null) audiences.leave(this.#audience);
    this.#isEventStream = topic !== '';
    this.#joinedClass = authorizationClass;
    this.#joinedViewer = dependsOnViewer ? context.session.viewer : null;
    // A generator of a module may bring the same object again, changed: nothing that it brings is remembered.
    const as =
      source instanceof PulledIterator
        ? null
        : [topic, authorizationClass ?? '', dependsOnViewer ? viewerKey(context) : ''];
    this.#audience = audiences.join(selection, as);
    return this.#audience;
  }
}
