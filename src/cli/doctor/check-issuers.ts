// Whoever gives out tokens: the keys are there, and questions about opaque tokens are answered.
import { createIntrospection } from '../../auth/introspection.ts';
import { TokenError } from '../../auth/token-error.ts';
import type { Config, TokenIntrospection } from '../../config.ts';
import { createPlainLogger } from '../plain-logger.ts';
import { about, type Finding } from './finding.ts';

const answerMs = 5_000;

export async function checkIssuers({
  tokenIssuers,
  tokenIntrospection,
}: Config): Promise<readonly Finding[]> {
  const jwks = tokenIssuers.flatMap(({ key }) => ('jwksUrl' in key ? [checkJwks(key.jwksUrl)] : []));
  const asked = tokenIntrospection === null ? [] : [checkIntrospection(tokenIntrospection)];
  return Promise.all([...jwks, ...asked]);
}

async function checkJwks(url: string): Promise<Finding> {
  const { fine, broken } = about('JWKS');
  const place = withoutSecrets(url);
  let response: Response;
  try {
    response = await fetch(url, { signal: AbortSignal.timeout(answerMs), redirect: 'manual' });
  } catch (error) {
    return broken(
      `${place} does not answer: ${reasonOf(error)}`,
      'correct JWT_JWKS_URL, or let this machine reach it',
    );
  }
  if (!response.ok) return broken(`${place} answers ${response.status}`, 'correct JWT_JWKS_URL');
  const { keys } = ((await response.json().catch(() => null)) ?? {}) as { readonly keys?: unknown };
  if (!Array.isArray(keys) || keys.length === 0)
    return broken(`${place} holds no keys`, 'correct JWT_JWKS_URL: { "keys": […] } is expected there');
  return fine(`${place} holds ${keys.length} ${keys.length === 1 ? 'key' : 'keys'}`);
}

/** Asks as the server would, about a token that nobody has. */
async function checkIntrospection(settings: TokenIntrospection): Promise<Finding> {
  const { fine, broken } = about('introspection');
  const place = withoutSecrets(settings.url);
  let said = 'it does not say whether a token is active';
  const introspection = createIntrospection({
    settings,
    logger: createPlainLogger((sentence) => (said = sentence)),
  });
  try {
    await introspection.verify('tidings-doctor-asks-about-a-token-that-nobody-has', null);
  } catch (error) {
    if (error instanceof TokenError) return fine(`${place} answers`);
    return broken(`${place}: ${said}`, 'correct TOKEN_INTROSPECTION_URL, or let this machine reach it');
  }
  return broken(
    `${place} calls any token active`,
    'correct TOKEN_INTROSPECTION_URL: it has to be an introspection endpoint',
  );
}

/** An address may carry a key in its query. */
export function withoutSecrets(url: string): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`;
}

export function reasonOf(error: unknown): string {
  const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(inner instanceof Error)) return String(inner);
  if (inner instanceof AggregateError && inner.message === '') return inner.errors.map(reasonOf).join(', ');
  return inner.message;
}
