// Arguments that hold more than a word: JSON, text in a file (`@file`) or on stdin (`-`), and durations.
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { UsageError } from './command.ts';

/** The text itself, or what `@file` or `-` stands for. */
export async function readText(option: string, argument: string): Promise<string> {
  if (argument === '-') return text(process.stdin);
  if (!argument.startsWith('@')) return argument;
  try {
    return await readFile(argument.slice(1), 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'there is no such file' : message;
    throw new UsageError(`${option} names the file ${argument.slice(1)}, which can not be read: ${why}.`);
  }
}

export type JsonObject = Readonly<Record<string, unknown>>;

/** `{"orderId": "42"}`, also as `@file` or `-`. */
export async function readJsonObject(option: string, argument: string): Promise<JsonObject> {
  const written = await readText(option, argument);
  let value: unknown;
  try {
    value = JSON.parse(written);
  } catch (error) {
    throw new UsageError(`${option} is no JSON: ${(error as Error).message}.`);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  throw new UsageError(`${option} has to be a JSON object, like {"orderId": "42"}.`);
}

const unitSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** `90s`, `15m`, `1h`, `7d`, in seconds; null where it is none of them, or nothing. */
export function parseDuration(duration: string): number | null {
  const [, count = '', unit = ''] = /^(\d{1,6})([smhd])$/.exec(duration) ?? [];
  const seconds = Number(count) * (unitSeconds[unit] ?? 0);
  return seconds > 0 ? seconds : null;
}
