// The context of an execution for a whole audience: it has no viewer, and whoever reads one is told to mark the field.
import type { Context, Delivery, Runtime, ServiceKey } from '../schema/context.ts';

/** One for each execution: what `once` makes is as old as the event. */
export class SharedContext implements Context {
  readonly runtime: Runtime;
  readonly delivery: Delivery = { announcedAt: null };
  #instances: Map<object, unknown> | null = null;

  constructor(runtime: Runtime) {
    this.runtime = runtime;
  }

  get viewer(): never {
    throw dependsOnViewer('viewer');
  }

  get reader(): never {
    throw dependsOnViewer('reader');
  }

  get session(): never {
    throw dependsOnViewer('session');
  }

  get connection(): never {
    throw dependsOnViewer('connection');
  }

  get backlog(): never {
    throw dependsOnViewer('backlog');
  }

  use<T>(key: ServiceKey<T>): T {
    return this.runtime.use(key);
  }

  once<T>(key: object, create: () => T): T {
    this.#instances ??= new Map();
    if (!this.#instances.has(key)) this.#instances.set(key, create());
    return this.#instances.get(key) as T;
  }
}

const dependsOnViewer = (what: string): Error =>
  new Error(
    `A field of an event has read \`context.${what}\`, but its value is shared by everybody who follows the event: mark the ` +
      'field `perViewer: true`, and it is executed for each viewer.',
  );
