// The scalars of the contract, and the vocabulary that all modules share: StreamEvent and PageInfo.
import { GraphQLError, Kind, type ValueNode } from 'graphql';
import { toCursorText } from '../streams/cursor.ts';
import type { LogEntry } from '../streams/log-entry.ts';
import { interfaceRef, objectRef, type Builder } from './builder.ts';

/** An entry of the log whose payload is known. */
export interface EntryOf<Payload> extends LogEntry {
  readonly payload: Payload;
}

export interface PageInfoView {
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  readonly startCursor: string | null;
  readonly endCursor: string | null;
}

export const StreamEvent = interfaceRef<LogEntry>('StreamEvent');
export const PageInfo = objectRef<PageInfoView>('PageInfo');

export function defineVocabulary(builder: Builder): void {
  builder.scalarType('Cursor', {
    description:
      'A point in one event stream: opaque, safe to store. Pass it as `after` to receive every event that followed it.',
    serialize: (value) => value,
    parseValue: (value) => requireString(value, 'Cursor'),
  });
  builder.scalarType('DateTime', {
    description: 'RFC 3339 date and time in UTC with milliseconds.',
    serialize: toDateTimeText,
    parseValue: parseDateTime,
  });
  builder.scalarType('JSON', {
    description: 'Any JSON value.',
    serialize: (value) => value,
    parseValue: (value) => value,
    parseLiteral: (node, variables) => toJson(node, variables ?? {}),
  });

  builder.interfaceType(StreamEvent, {
    description: 'An event of a durable stream.',
    fields: (t) => ({
      cursor: t.field({
        type: 'Cursor',
        description:
          'Where the stream stands after this event: keep the newest one, and pass it as `after` to go on.',
        resolve: (entry, _args, { runtime }) => toCursorText(entry, runtime.log.id),
      }),
      occurredAt: t.field({
        type: 'DateTime',
        description: 'When the event was stored.',
        resolve: (entry) => entry.occurredAt,
      }),
    }),
  });

  builder.objectType(PageInfo, {
    description: 'Where a page lies in its list. These cursors walk lists; they do not fit a subscription.',
    fields: (t) => ({
      hasNextPage: t.exposeBoolean('hasNextPage', { description: 'Whether there is more after this page.' }),
      hasPreviousPage: t.exposeBoolean('hasPreviousPage', {
        description: 'Whether there is more before this page.',
      }),
      startCursor: t.exposeString('startCursor', {
        nullable: true,
        description: 'The first item of the page; null for an empty page.',
      }),
      endCursor: t.exposeString('endCursor', {
        nullable: true,
        description:
          'The last item of the page: pass it as `after` for the next one. null for an empty page.',
      }),
    }),
  });
}

function requireString(value: unknown, scalar: string): string {
  if (typeof value === 'string') return value;
  throw new GraphQLError(`${scalar} is a string.`);
}

/** As `Date.toISOString` writes it, and the log keeps it: parsing it would only bring the same. */
const canonicalPattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

function toDateTimeText(value: Date | string): string {
  if (typeof value === 'string' && canonicalPattern.test(value)) return value;
  return new Date(value).toISOString();
}

const dateTimePattern = /^(\d{4})-(\d{2})-(\d{2})T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/i;

/** `Date` takes 30 February for 2 March, 24:00 for the next day, and years that the database does not know. */
function parseDateTime(value: unknown): Date {
  const text = requireString(value, 'DateTime');
  const date = new Date(text);
  const [, year, month, day] = dateTimePattern.exec(text) ?? [];
  const daysOfMonth = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
  const isInTime = date.getUTCFullYear() >= 1 && date.getUTCFullYear() <= 9999;
  if (day === undefined || Number(day) > daysOfMonth || !isInTime || /[Tt]24:/.test(text)) {
    throw new GraphQLError(
      'DateTime is an RFC 3339 date and time of the years 1 to 9999, for example "2026-11-21T09:30:00.000Z".',
    );
  }
  return date;
}

function toJson(node: ValueNode, variables: Readonly<Record<string, unknown>>): unknown {
  switch (node.kind) {
    case Kind.STRING:
    case Kind.BOOLEAN:
    case Kind.ENUM:
      return node.value;
    case Kind.INT:
    case Kind.FLOAT:
      return Number(node.value);
    case Kind.NULL:
      return null;
    case Kind.VARIABLE:
      return variables[node.name.value];
    case Kind.LIST:
      return node.values.map((value) => toJson(value, variables));
    case Kind.OBJECT:
      return Object.fromEntries(
        node.fields.map((field) => [field.name.value, toJson(field.value, variables)]),
      );
  }
}
