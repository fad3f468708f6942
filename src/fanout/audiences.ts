// All audiences of this process: who asks for the same of the same class joins the same one.
import {
  getOperationAST,
  getVariableValues,
  type DocumentNode,
  type ExecutionResult,
  type GraphQLSchema,
} from 'graphql';
import type { Logger } from 'pino';
import { textOfViewer } from '../auth/viewer.ts';
import type { Context } from '../schema/context.ts';
import { Audience } from './audience.ts';
import { withoutCursor } from './cursor-argument.ts';
import { EventOperation, type Variables } from './event-operation.ts';

/** What somebody subscribes with: a valid subscription whose variables have been accepted. */
export interface Request {
  readonly document: DocumentNode;
  readonly operationName: string | null | undefined;
  readonly variables: Variables;
}

export interface AudiencesOptions {
  readonly schema: GraphQLSchema;
  readonly logger: Logger;
  toClientResult(result: ExecutionResult, operation: string | null): ExecutionResult;
}

/** A request without what only its own place in a stream depends on. */
export interface Selection {
  readonly operation: EventOperation;
  readonly variables: Variables;
  /** The same for the same operation and variables, `after` aside. */
  readonly key: string;
}

interface Known {
  readonly operation: EventOperation;
  readonly number: number;
  readonly cursors: ReadonlySet<string>;
}

export class Audiences {
  readonly #options: AudiencesOptions;
  /** By the identity of documents: the same text has been given the same one. */
  readonly #operations = new WeakMap<DocumentNode, Map<string, Known>>();
  readonly #audiences = new Map<string, Audience>();
  #numbers = 0;
  #members = 0;

  constructor(options: AudiencesOptions) {
    this.#options = options;
  }

  /** Audiences that have members. */
  get size(): number {
    return this.#audiences.size;
  }

  /** Of all of them together. */
  get members(): number {
    return this.#members;
  }

  select({ document, operationName, variables }: Request): Selection {
    const { operation, number, cursors } = this.#find(document, operationName);
    const definitions = getOperationAST(document, operationName)?.variableDefinitions ?? [];
    if (definitions.length === 0) return { operation, variables: {}, key: `${number}` };
    const { coerced = {} } = getVariableValues(this.#options.schema, definitions, variables);
    const counting = Object.entries(coerced).filter(([name]) => !cursors.has(name));
    return { operation, variables, key: `${number} ${JSON.stringify(counting)}` };
  }

  /** `as` tells those apart who ask for the same and are not shown the same; null is nobody else. To be left again. */
  join({ operation, variables, key: asked }: Selection, as: readonly string[] | null): Audience {
    const { toClientResult } = this.#options;
    const key = as === null ? `alone ${this.#nextNumber()}` : JSON.stringify([asked, ...as]);
    const audience = this.#audiences.get(key) ?? new Audience({ key, operation, variables, toClientResult });
    this.#audiences.set(key, audience);
    audience.members += 1;
    this.#members += 1;
    return audience;
  }

  leave(audience: Audience): void {
    audience.members -= 1;
    this.#members -= 1;
    if (audience.members === 0) this.#audiences.delete(audience.key);
  }

  #nextNumber(): number {
    this.#numbers += 1;
    return this.#numbers;
  }

  #find(document: DocumentNode, operationName: string | null | undefined): Known {
    const byName = this.#operations.get(document) ?? new Map<string, Known>();
    this.#operations.set(document, byName);
    const name = operationName ?? '';
    const known = byName.get(name);
    if (known !== undefined) return known;
    const { schema, logger } = this.#options;
    const { document: executed, cursors } = withoutCursor(schema, document, operationName);
    const operation = new EventOperation({ schema, document: executed, operationName, logger });
    const found: Known = { operation, number: this.#nextNumber(), cursors };
    byName.set(name, found);
    return found;
  }
}

/** For whom alone the result is where it depends on the viewer. */
export const viewerKey = ({ session: { viewer, workspace } }: Context): string =>
  viewer === null ? workspace : textOfViewer(viewer);
