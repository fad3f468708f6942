// The `cursor` of what a query answers: where its stream stands.
import { toCursorText, type StreamPosition } from '../streams/cursor.ts';
import type { Context } from './context.ts';

/** The options of a field for whatever knows its position: `cursor: t.field(streamCursor('Where the stream stands.'))`. */
export const streamCursor = (description: string) => ({
  type: 'Cursor' as const,
  description,
  resolve: ({ position }: { readonly position: StreamPosition }, _args: object, { runtime }: Context) =>
    toCursorText(position, runtime.log.id),
});

/** The `after` of a subscription to an event stream. */
export const afterDescription = 'Delivers everything that followed it, then goes on live.';
