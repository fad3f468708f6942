// What a test imports as `tidings/testing`.
export { startTidings, type PublisherClaims, type StartOptions, type TestTidings } from './start-tidings.ts';
export type { Person } from './person.ts';
export type { Reader, WaitOptions } from './reader.ts';
export { ResponseError } from './response-error.ts';
export type { Claims } from './sign-token.ts';
