// A log for people at a terminal: its sentences, and nothing around them.
import { pino, type Logger } from 'pino';

export const createPlainLogger = (tell: (sentence: string) => void): Logger =>
  pino(
    { level: 'info' },
    { write: (line: string) => tell((JSON.parse(line) as { readonly msg?: string }).msg ?? '') },
  );
