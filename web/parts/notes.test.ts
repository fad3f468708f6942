// What people read of an error.
import { CombinedError } from 'urql';
import { expect, it } from 'vitest';
import { TokenError } from '../development-token.ts';
import { OfflineError } from '../network.ts';
import { sentenceOf } from './notes.tsx';

it('what the browser or a parser says of the network is told as a sentence', () => {
  for (const networkError of [
    new TypeError('Failed to fetch'),
    new SyntaxError('Unexpected token < in JSON at position 0'),
    new Error('Bad Gateway'),
  ]) {
    expect(sentenceOf(new CombinedError({ networkError }))).toBe('The server can not be reached.');
  }
  expect(sentenceOf(new TypeError('Load failed'))).toBe('The server can not be reached.');
});

it('what the demo itself and the server say stays', () => {
  const token = new TokenError('The server gives no token.', { mayPass: false });
  expect(sentenceOf(new CombinedError({ networkError: token }))).toBe('The server gives no token.');
  expect(sentenceOf(new CombinedError({ networkError: new OfflineError() }))).toBe('You are offline.');
  const refused = new CombinedError({ graphQLErrors: ['The body is too long.'] });
  expect(sentenceOf(refused)).toBe('The body is too long.');
});
