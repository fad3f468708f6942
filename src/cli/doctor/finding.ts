// What a check has found: one line for people.

export interface Finding {
  /** What was looked at: `database`. Several findings may be of one subject. */
  readonly subject: string;
  /** `broken`: it can not work like this. `notice`: it works, and is worth a look. */
  readonly verdict: 'fine' | 'notice' | 'broken';
  readonly what: string;
  /** What to do about it; null where there is nothing to be done. */
  readonly advice: string | null;
}

/** Makes the findings of one subject. */
export const about = (subject: string) => ({
  fine: (what: string): Finding => ({ subject, verdict: 'fine', what, advice: null }),
  notice: (what: string, advice: string): Finding => ({ subject, verdict: 'notice', what, advice }),
  broken: (what: string, advice: string | null = null): Finding => ({
    subject,
    verdict: 'broken',
    what,
    advice,
  }),
});

const signs: Readonly<Record<Finding['verdict'], string>> = { fine: '✓', notice: '!', broken: '✗' };

export const toLine = ({ subject, verdict, what, advice }: Finding): string =>
  `${signs[verdict]} ${subject.padEnd(13)} ${what}${advice === null ? '' : ` → ${advice}`}`;
