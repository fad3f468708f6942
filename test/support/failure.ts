// What a request or a subscription failed with, for tests that expect it to.
import { ResponseError } from './client.ts';

/** The errors that the server has answered. Rejects where it succeeded, or failed in another way. */
export async function failureOf(promise: Promise<unknown>): Promise<ResponseError> {
  const error: unknown = await promise.then(
    (value) => new Error(`It succeeded with ${JSON.stringify(value)}.`),
    (reason: unknown) => reason,
  );
  if (error instanceof ResponseError) return error;
  throw error;
}
