// Cursors: a position in one event stream that proves its place (the log's id and the very event at that number).
// Opaque outside; not secret, and no permission: what a viewer may follow is decided by policy alone.
import { badInput } from '../errors.ts';
import type { Topic } from './topic.ts';

export interface Position {
  /** The last number delivered; 0 before the first event. */
  readonly number: number;
  /** The id of the event at that number; empty for number 0. */
  readonly eventId: string;
}

/** A position together with the stream that it is a position of. */
export interface StreamPosition extends Position {
  readonly topic: Topic;
}

export interface Cursor extends StreamPosition {
  readonly logId: string;
}

const version = 1;

export const toCursorText = ({ topic, number, eventId }: StreamPosition, logId: string): string =>
  Buffer.from(JSON.stringify([version, logId, topic, number, eventId]), 'utf8').toString('base64url');

/** Throws BAD_USER_INPUT where the text was not made by `toCursorText`. */
export function parseCursor(text: string): Cursor {
  const parts = decode(text);
  const [madeBy, logId, topic, number, eventId] = parts;
  if (
    parts.length !== 5 ||
    madeBy !== version ||
    typeof logId !== 'string' ||
    typeof topic !== 'string' ||
    typeof eventId !== 'string' ||
    typeof number !== 'number' ||
    !Number.isSafeInteger(number) ||
    number < 0 ||
    (number === 0) !== (eventId === '')
  ) {
    throw noCursor();
  }
  const cursor = { logId, topic, number, eventId };
  // Decoding is lenient, and a cursor is handed back unchanged.
  if (toCursorText(cursor, logId) !== text) throw noCursor();
  return cursor;
}

function decode(text: string): readonly unknown[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    if (Array.isArray(parts)) return parts;
  } catch {
    // Not ours; said below.
  }
  throw noCursor();
}

const noCursor = () =>
  badInput(
    '`after` is not a cursor of an event stream. Pass the `cursor` of an event or of a query, unchanged ' +
      '(the `endCursor` of a page walks lists and does not fit here).',
  );
