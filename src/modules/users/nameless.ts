// A payload without the name and picture of one user, wherever it shows the user. Pure.

/** The payload itself where there is nothing to take out. */
export function withoutNameOf(userId: string, payload: unknown): unknown {
  if (Array.isArray(payload)) {
    const items: unknown[] = payload.map((item: unknown) => withoutNameOf(userId, item));
    return items.some((item, index) => item !== payload[index]) ? items : payload;
  }
  if (payload === null || typeof payload !== 'object') return payload;
  const entries = Object.entries(payload);
  const cleaned = entries.map(([key, value]) => [key, withoutNameOf(userId, value)] as const);
  const own = payload as { readonly id?: unknown; readonly name?: unknown; readonly avatarUrl?: unknown };
  const isUser = own.id === userId && typeof own.name === 'string' && 'avatarUrl' in own;
  if (isUser && (own.name !== userId || own.avatarUrl !== null)) {
    return { ...Object.fromEntries(cleaned), name: userId, avatarUrl: null };
  }
  return cleaned.some(([, value], index) => value !== entries[index]?.[1])
    ? Object.fromEntries(cleaned)
    : payload;
}
