// Tests of services without a transport: on both databases, and by graphql-js itself where what counts is the schema.
import { graphql, GraphQLError, parse, subscribe, type ExecutionResult } from 'graphql';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import type { Viewer } from '../../src/auth/viewer.ts';
import { builtInModules, buildSchema } from '../../src/modules/schema.ts';
import type { Runtime } from '../../src/schema/context.ts';
import { contextOf, openTestRuntime, testDatabaseKinds, type TestRuntime } from './runtime.ts';

/** Runs the tests on both databases, each opened once for the file. The runtime is there when the tests run. */
export function onBothDatabases(
  title: string,
  tests: (database: { readonly runtime: Runtime }) => void,
): void {
  describe.each(testDatabaseKinds)(`${title} on %s`, (kind) => {
    let opened: TestRuntime | undefined;
    beforeAll(async () => {
      opened = await openTestRuntime(kind);
    });
    afterAll(() => opened?.close());
    tests({
      get runtime() {
        if (opened === undefined) throw new Error('The database is not open yet.');
        return opened.runtime;
      },
    });
  });
}

/** Matches an error with this code, and a message like this where one is given. */
export const errorWith = (code: string, message?: RegExp): unknown =>
  expect.objectContaining({
    code,
    ...(message === undefined ? {} : { message: expect.stringMatching(message) as string }),
  });

const schema = buildSchema(builtInModules);

/** The data of a query or a mutation that is expected to succeed. */
export async function ask<T>(
  runtime: Runtime,
  viewer: Viewer | null,
  source: string,
  variableValues: Readonly<Record<string, unknown>> = {},
): Promise<T> {
  const contextValue = contextOf(runtime, viewer);
  const { data, errors } = await graphql({ schema, contextValue, source, variableValues });
  expect(errors).toBeUndefined();
  return data as T;
}

/** What a query or a mutation that is expected to fail was refused with: what a service threw, or graphql-js. */
export async function askInVain(
  runtime: Runtime,
  viewer: Viewer | null,
  source: string,
  variableValues: Readonly<Record<string, unknown>> = {},
): Promise<unknown> {
  const contextValue = contextOf(runtime, viewer);
  const { errors } = await graphql({ schema, contextValue, source, variableValues });
  const [error] = errors ?? [];
  // Around what it says of a variable graphql-js says where that is.
  return error?.originalError instanceof GraphQLError ? error : (error?.originalError ?? error);
}

/** What anybody is answered, whatever it is; of a subscription, whether it was opened. */
export async function answerTo(runtime: Runtime, viewer: Viewer | null, source: string): Promise<string> {
  const contextValue = contextOf(runtime, viewer);
  const told = ({ data, errors }: ExecutionResult) =>
    JSON.stringify({
      data,
      errors: errors?.map(({ message, originalError }) => ({ message, originalError })),
    });
  if (!source.startsWith('subscription')) return told(await graphql({ schema, contextValue, source }));
  const started = await subscribe({ schema, contextValue, document: parse(source) });
  if (!(Symbol.asyncIterator in started)) return told(started);
  await started.return(undefined);
  return 'It was opened.';
}

export interface Followed {
  /** The value of the subscription's field in its next event. Rejects with what the stream ended with. */
  next<T = unknown>(): Promise<T>;
  end(): Promise<unknown>;
}

/** Rejects with what the subscription was refused with. */
export async function follow(
  runtime: Runtime,
  viewer: Viewer | null,
  source: string,
  variableValues: Readonly<Record<string, unknown>> = {},
): Promise<Followed> {
  const contextValue = contextOf(runtime, viewer);
  const started = await subscribe({ schema, contextValue, document: parse(source), variableValues });
  if (!(Symbol.asyncIterator in started)) {
    throw started.errors?.[0]?.originalError ?? started.errors?.[0] ?? new Error('It did not start.');
  }
  return {
    async next<T = unknown>(): Promise<T> {
      const { value } = (await started.next()) as { value: ExecutionResult };
      expect(value.errors).toBeUndefined();
      return Object.values(value.data ?? {})[0] as T;
    },
    end: () => started.return(undefined),
  };
}
