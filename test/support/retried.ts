import { ResponseError } from './client.ts';

/** As a publisher is told to: again while it is UNAVAILABLE. */
export async function retried<T>(request: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await request();
    } catch (error) {
      if (!(error instanceof ResponseError) || error.code !== 'UNAVAILABLE') throw error;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}
