// An audience: the subscribers for whom the result of an event is the same bytes. It executes each event once, for whichever
// member asks first, and remembers the result for as long as somebody holds the event.
import { GraphQLError, type ExecutionResult } from 'graphql';
import type { Context } from '../schema/context.ts';
import type { EventOperation, Variables } from './event-operation.ts';
import { EventResult } from './event-result.ts';
import { SharedContext } from './shared-context.ts';

/** A promise where a resolver waits. It never rejects. */
export type Outcome = EventResult | Promise<EventResult>;

export interface AudienceOptions {
  /** By which it is found. */
  readonly key: string;
  readonly operation: EventOperation;
  readonly variables: Variables;
  /** Turns what went wrong into what clients may see. `operation` is its name, where it has one. */
  toClientResult(result: ExecutionResult, operation: string | null): ExecutionResult;
}

export class Audience {
  readonly #options: AudienceOptions;
  /** By event: the same object for all who hear it of one tail. null until somebody shares: most audiences are of one. */
  #outcomes: WeakMap<object, Outcome> | null = null;
  readonly key: string;
  readonly dependsOnViewer: boolean;
  members = 0;

  constructor(options: AudienceOptions) {
    this.#options = options;
    this.key = options.key;
    this.dependsOnViewer = options.operation.sharing !== 'everybody';
  }

  /** `context` is of the member who asks; a shared execution is given none of it but the runtime. */
  resultOf(event: unknown, context: Context): Outcome {
    // What is no object comes from a generator of its own, and nobody else is told of it.
    if (this.members === 1 || typeof event !== 'object' || event === null)
      return this.#execute(event, context);
    this.#outcomes ??= new WeakMap();
    const outcomes = this.#outcomes;
    const known = outcomes.get(event);
    if (known !== undefined) return known;
    const outcome = this.#execute(event, context);
    outcomes.set(event, outcome);
    // What is loaded when it is delivered must not be told later: only to those who ask in the same moment.
    if (this.#options.operation.sharing === 'delivery') {
      void Promise.resolve(outcome).then(() => outcomes.delete(event));
    } else if (outcome instanceof Promise) {
      void outcome.then((result) => outcomes.set(event, result));
    }
    return outcome;
  }

  #execute(event: unknown, context: Context): Outcome {
    const { operation, variables } = this.#options;
    const own = operation.sharing === 'everybody' ? new SharedContext(context.runtime) : context;
    try {
      const result = operation.execute(event, own, variables);
      if (!(result instanceof Promise)) return this.#told(result);
      return result.then(
        (settled) => this.#told(settled),
        (error: unknown) => this.#failed(error),
      );
    } catch (error) {
      return this.#failed(error);
    }
  }

  #told(result: ExecutionResult): EventResult {
    const { operation, toClientResult } = this.#options;
    return new EventResult(toClientResult(result, operation.name), this.members > 1);
  }

  /** What graphql-js throws, and should not, is an error of this event. */
  #failed(error: unknown): EventResult {
    const message = error instanceof Error ? error.message : String(error);
    const originalError = error instanceof Error ? error : new Error(message);
    return this.#told({ errors: [new GraphQLError(message, { originalError })] });
  }
}
