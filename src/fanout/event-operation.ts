// The subscription of one document, as it is executed for events: by graphql-js at first, and compiled once it is worth it.
//
//   interpreted ──(so many events)──▶ on trial: both, and compared byte for byte ──(all alike)──▶ compiled
//        ▲                                     │
//        └────────(something differed, or can't be compiled: for good)
import {
  execute,
  getNamedType,
  getOperationAST,
  isAbstractType,
  Kind,
  TypeInfo,
  visit,
  visitWithTypeInfo,
  type DocumentNode,
  type ExecutionResult,
  type GraphQLSchema,
} from 'graphql';
import { compileQuery } from 'graphql-jit';
import type { Logger } from 'pino';
import type { Context } from '../schema/context.ts';
import { sharingOf, type Sharing } from './sharing.ts';

export type Variables = Readonly<Record<string, unknown>>;
type Result = ExecutionResult | Promise<ExecutionResult>;
type Compiled = (root: unknown, context: unknown, variables: unknown) => Result;

/** Compiling costs a millisecond: for documents that are used once it would never be earned back. */
const eventsBeforeCompiling = 20;
const trials = 20;

export interface EventOperationOptions {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operationName: string | null | undefined;
  readonly logger: Logger;
}

export class EventOperation {
  readonly sharing: Sharing;
  /** As its document calls it. */
  readonly name: string | null;
  readonly #options: EventOperationOptions;
  #phase: 'interpreted' | 'on-trial' | 'compiled' | 'interpreted-for-good';
  #executed = 0;
  #compiled: Compiled | null = null;

  constructor(options: EventOperationOptions) {
    const { schema, document, operationName } = options;
    this.#options = options;
    this.name = getOperationAST(document, operationName)?.name?.value ?? null;
    this.sharing = sharingOf(schema, document, operationName);
    // What loads while it is delivered waits for the database: there is nothing to gain, and trying it twice would load twice.
    const isWorthIt = this.sharing !== 'delivery' && isPlain(schema, document);
    this.#phase = isWorthIt ? 'interpreted' : 'interpreted-for-good';
  }

  /** For one event. What resolvers throw is told in the result; what graphql-js itself throws is thrown. */
  execute(event: unknown, context: Context, variables: Variables): Result {
    switch (this.#phase) {
      case 'compiled':
        return this.#executeCompiled(event, context, variables);
      case 'on-trial':
        return this.#try(event, context, variables);
      case 'interpreted':
        this.#executed += 1;
        if (this.#executed >= eventsBeforeCompiling) this.#compile();
        return this.#interpret(event, context, variables);
      case 'interpreted-for-good':
        return this.#interpret(event, context, variables);
    }
  }

  #interpret(event: unknown, context: Context, variables: Variables): Result {
    const { schema, document, operationName } = this.#options;
    return execute({
      schema,
      document,
      operationName: operationName ?? null,
      rootValue: event,
      contextValue: context,
      variableValues: variables,
    });
  }

  #compile(): void {
    const { schema, document, operationName } = this.#options;
    this.#executed = 0;
    this.#phase = 'interpreted-for-good';
    try {
      const compiled = compileQuery(schema, document, operationName ?? undefined);
      if (!('query' in compiled)) return;
      this.#compiled = compiled.query as Compiled;
      this.#phase = 'on-trial';
    } catch (error) {
      this.#options.logger.debug(
        { err: error },
        'a subscription could not be compiled; it goes on uncompiled',
      );
    }
  }

  /** Where something has gone wrong graphql-js says what: the two differ in how they tell. */
  #executeCompiled(event: unknown, context: Context, variables: Variables): Result {
    const isRight = (result: ExecutionResult | null) => result !== null && result.errors === undefined;
    const result = this.#attempt(event, context, variables);
    const interpret = () => this.#interpret(event, context, variables);
    if (!(result instanceof Promise)) return result !== null && isRight(result) ? result : interpret();
    return result.then((settled) => (isRight(settled) ? settled : interpret()), interpret);
  }

  /** null where it throws. */
  #attempt(event: unknown, context: Context, variables: Variables): Result | null {
    try {
      return this.#compiled?.(event, context, variables) ?? null;
    } catch {
      return null;
    }
  }

  #try(event: unknown, context: Context, variables: Variables): Result {
    const expected = this.#interpret(event, context, variables);
    if (expected instanceof Promise) {
      // Nothing is gained where it waits.
      this.#phase = 'interpreted-for-good';
      return expected;
    }
    if (expected.errors !== undefined) return expected;
    const given = this.#attempt(event, context, variables);
    if (given instanceof Promise) given.catch(() => undefined); // it is not asked for
    const isAlike =
      given !== null &&
      !(given instanceof Promise) &&
      JSON.stringify(given.data) === JSON.stringify(expected.data);
    this.#executed += 1;
    if (!isAlike) {
      this.#phase = 'interpreted-for-good';
      this.#options.logger.warn('a compiled subscription answers otherwise; it goes on uncompiled');
    } else if (this.#executed >= trials) this.#phase = 'compiled';
    return expected;
  }
}

/**
 * Conditions, abstract types, and variables within objects and lists are where the compiler is known to differ; subscriptions
 * to events seldom need them.
 */
function isPlain(schema: GraphQLSchema, document: DocumentNode): boolean {
  let plain = true;
  const types = new TypeInfo(schema);
  const refuse = () => void (plain = false);
  const requireObject = () => void (plain &&= !isAbstractType(getNamedType(types.getType())));
  visit(
    document,
    visitWithTypeInfo(types, {
      Directive: refuse,
      ObjectField: ({ value }) => void (plain &&= value.kind !== Kind.VARIABLE),
      ListValue: ({ values }) => void (plain &&= values.every(({ kind }) => kind !== Kind.VARIABLE)),
      Field: requireObject,
      InlineFragment: requireObject,
      FragmentDefinition: requireObject,
    }),
  );
  return plain;
}
