// What a request, or a subscription, was refused with.

interface ClientError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions?: { readonly code?: string; readonly [name: string]: unknown };
}

export class ResponseError extends Error {
  override readonly name = 'ResponseError';
  readonly errors: readonly ClientError[];

  constructor(errors: readonly ClientError[]) {
    super(errors.map(({ message, extensions }) => `${extensions?.code ?? 'no code'}: ${message}`).join('\n'));
    this.errors = errors;
  }

  /** Of the first error: `FORBIDDEN`, see docs/errors.md. */
  get code(): string | undefined {
    return this.errors[0]?.extensions?.code;
  }
}
