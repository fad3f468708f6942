// The listeners of one tail: those that hear every event, and those that are found by the keys of their filter.
import type { TidingsError } from '../errors.ts';
import type { Position } from './cursor.ts';
import type { EventFilter, EventIndex } from './event-filter.ts';
import type { SizedEntry } from './log-entry.ts';

export interface TailListener {
  /**
   * In order, without holes, control entries included; of events only those that pass `filter`, and one may come twice.
   * `before` and `after` are where the stream stood then. Must not throw.
   */
  onEntry(entry: SizedEntry, before: Position, after: Position): void;
  /** Nothing follows: CURSOR_EXPIRED where the sequence can't be continued, UNAVAILABLE where this process closes. */
  onEnded(error: TidingsError): void;
  /** The index of its filter threw: nothing follows. Must not throw. */
  onFailed?(error: unknown): void;
  /** Every event unless given. */
  readonly filter?: EventFilter | undefined;
}

interface Indexed {
  readonly all: Set<TailListener>;
  readonly byKey: Map<string, Set<TailListener>>;
}

export class TailListeners {
  readonly #all = new Set<TailListener>();
  readonly #unfiltered = new Set<TailListener>();
  /** null until somebody filters: most streams are heard whole. */
  #indexed: Map<EventIndex, Indexed> | null = null;

  add(listener: TailListener): void {
    this.#all.add(listener);
    const { filter } = listener;
    if (filter === undefined) {
      this.#unfiltered.add(listener);
      return;
    }
    this.#indexed ??= new Map();
    const indexed: Indexed = this.#indexed.get(filter.index) ?? { all: new Set(), byKey: new Map() };
    this.#indexed.set(filter.index, indexed);
    indexed.all.add(listener);
    for (const key of filter.keys) {
      const listeners = indexed.byKey.get(key) ?? new Set();
      indexed.byKey.set(key, listeners.add(listener));
    }
  }

  remove(listener: TailListener): void {
    this.#all.delete(listener);
    this.#unfiltered.delete(listener);
    const { filter } = listener;
    const indexed = filter === undefined ? undefined : this.#indexed?.get(filter.index);
    if (filter === undefined || indexed === undefined) return;
    indexed.all.delete(listener);
    if (indexed.all.size === 0) this.#indexed?.delete(filter.index);
    for (const key of filter.keys) {
      const listeners = indexed.byKey.get(key);
      listeners?.delete(listener);
      if (listeners?.size === 0) indexed.byKey.delete(key);
    }
  }

  /** Removes and answers all of them. */
  clear(): readonly TailListener[] {
    const listeners = [...this.#all];
    for (const listener of listeners) this.remove(listener);
    return listeners;
  }

  tell(entry: SizedEntry, before: Position, after: Position): void {
    if (entry.kind === 'control') return tellAll(this.#all, entry, before, after);
    tellAll(this.#unfiltered, entry, before, after);
    if (this.#indexed === null) return;
    for (const [index, { all, byKey }] of this.#indexed) {
      let keys: readonly string[] | 'all';
      try {
        keys = index.keysOf(entry);
      } catch (error) {
        for (const listener of [...all]) listener.onFailed?.(error);
        continue;
      }
      if (keys === 'all') tellAll(all, entry, before, after);
      else for (const key of keys) tellAll(byKey.get(key), entry, before, after);
    }
  }
}

function tellAll(
  listeners: ReadonlySet<TailListener> | undefined,
  entry: SizedEntry,
  before: Position,
  after: Position,
): void {
  if (listeners === undefined) return;
  for (const listener of listeners) listener.onEntry(entry, before, after);
}
