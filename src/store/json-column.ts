// A JSON column that gives back what was put in. drizzle's own parses again what the driver has parsed: the string "12"
// would come back as the number 12.
import { customType } from 'drizzle-orm/pg-core';

/** `json`, not `jsonb`: the text is kept as it is, so that an event read from the log is the one that was published. */
export const jsonColumn = customType<{ data: unknown; driverData: unknown }>({
  dataType: () => 'json',
  toDriver: (value) => JSON.stringify(value),
  fromDriver: (value) => value,
});
