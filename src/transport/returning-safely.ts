/** The same results. Where giving them up fails, that is told to `failed`, and to nobody else. */
export function returningSafely<T>(
  results: AsyncGenerator<T, void, void>,
  failed: (error: unknown) => void,
): AsyncIterableIterator<T, void> {
  const safe: AsyncIterableIterator<T, void> = {
    [Symbol.asyncIterator]: () => safe,
    next: () => results.next(),
    async return() {
      try {
        return await results.return();
      } catch (error) {
        failed(error);
        return { done: true, value: undefined };
      }
    },
  };
  return safe;
}
