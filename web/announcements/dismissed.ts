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

export function writeDismissed(id: string): ReadonlySet<string> {
  const dismissed = new Set([...readDismissed(), id].slice(-kept));
  localStorage.setItem(key, JSON.stringify([...dismissed]));
  return dismissed;
}
