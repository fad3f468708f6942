// What was written and neither sent nor saved yet: it is there again when one comes back to it.

/** In this conversation, by this person. */
export interface DraftPlace {
  readonly userId: string;
  readonly conversationId: string;
}

/** For a browser that stores nothing. */
const kept = new Map<string, string>();

/** Texts of messages that are being edited, by message, while the page lives. */
export const edits = new Map<string, string>();

/** '' where there is none. A tab keeps its drafts over a reload. */
export function readDraft(place: DraftPlace): string {
  const key = toKey(place);
  try {
    return sessionStorage.getItem(key) ?? kept.get(key) ?? '';
  } catch {
    return kept.get(key) ?? '';
  }
}

/** '' forgets it. */
export function writeDraft(place: DraftPlace, text: string): void {
  const key = toKey(place);
  if (text === '') kept.delete(key);
  else kept.set(key, text);
  try {
    if (text === '') sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, text);
  } catch {
    // Forbidden or full: it is kept as long as the page lives.
  }
}

const toKey = ({ userId, conversationId }: DraftPlace): string =>
  `tidings-demo.draft.${encodeURIComponent(userId)}.${conversationId}`;
