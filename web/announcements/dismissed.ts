// Which announcements this browser has put away. The newest ones are kept in mind.

const key = 'tidings-demo.dismissed';
const kept = 100;

export function readDismissed(): ReadonlySet<string> {
  try {
    const ids: unknown = JSON.parse(localStorage.getItem(key) ?? '[]');
    return new Set(Array.isArray(ids) ? ids.filter((id) => typeof id === 'string') : []);
  } catch {
    return new Set();
  }
}

/** Those that were put away before, in this window and in others, and these. */
export function writeDismissed(before: ReadonlySet<string>, ids: readonly string[]): ReadonlySet<string> {
  const dismissed = new Set([...before, ...readDismissed(), ...ids].slice(-kept));
  try {
    localStorage.setItem(key, JSON.stringify([...dismissed]));
  } catch {
    // Where browsers forbid storing, they stay away until the page is left.
  }
  return dismissed;
}
