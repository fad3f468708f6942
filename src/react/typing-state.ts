import type { TypingFragment, UserFragment } from '../client/generated.ts';

/** Whoever is typing, those who began first in front. */
export type Typists = readonly UserFragment[];

export const nobodyTypes: Typists = [];

export function changeTypists(typists: Typists, { user, isTyping }: TypingFragment): Typists {
  const known = typists.some(({ id }) => id === user.id);
  if (isTyping) return known ? typists : [...typists, user];
  return known ? typists.filter(({ id }) => id !== user.id) : typists;
}
