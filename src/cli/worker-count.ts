// `--workers`: how many processes `tidings start` uses.

/** More would be a mistake. */
const most = 256;

/** `auto` is one for each core. Answers a sentence where it is no number of workers. */
export function parseWorkerCount(text: string, cores: number): number | string {
  if (text === 'auto') return cores;
  const count = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= most) return count;
  return `--workers is "${text}", but it must be auto, for one on each core, or a whole number from 1 to ${most}.`;
}
