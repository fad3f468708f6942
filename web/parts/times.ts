// Moments as people read them, in their own language and time zone.

const time = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const day = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' });
const shortDay = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });

export const timeOf = (moment: string): string => time.format(new Date(moment));

/** "Today", "Yesterday", or the day. */
export function dayOf(moment: string, now: Date = new Date()): string {
  const date = new Date(moment);
  if (isSameDay(date, now)) return 'Today';
  const yesterday = new Date(now);
  yesterday.setDate(now.getDate() - 1);
  return isSameDay(date, yesterday) ? 'Yesterday' : day.format(date);
}

/** The time of today's moments, the day of older ones. */
export const shortly = (moment: string, now: Date = new Date()): string =>
  isSameDay(new Date(moment), now) ? timeOf(moment) : shortDay.format(new Date(moment));

export const isSameDay = (one: Date, other: Date): boolean => one.toDateString() === other.toDateString();
