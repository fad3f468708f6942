import type { AuditReport } from './run.ts';

const number = (value: number): string => value.toLocaleString('en');

export function toMarkdown(report: AuditReport): string {
  const head = [
    'fault',
    'times',
    'events',
    'deliveries',
    'lost',
    'repeated',
    'out of order',
    'longest healing',
  ];
  const rows = report.faults.map((fault) => [
    fault.kind,
    number(fault.times),
    number(fault.acknowledged),
    number(fault.deliveries),
    number(fault.lost),
    number(fault.repeated),
    number(fault.outOfOrder),
    fault.longestHealingMs === null ? 'never' : `${(fault.longestHealingMs / 1_000).toFixed(1)} s`,
  ]);
  const total = [
    'the whole run',
    number(report.faults.reduce((sum, { times }) => sum + times, 0)),
    number(report.acknowledged),
    number(report.expected),
    number(report.lost),
    number(report.repeated),
    number(report.outOfOrder),
    '',
  ];
  const table = [head, head.map(() => '---'), ...rows, total].map((cells) => `| ${cells.join(' | ')} |`);
  const incidents = report.incidents
    .slice(0, 20)
    .map(
      ({ kind, follower, source, number: which, at }) =>
        `${kind}: ${source} ${which} at ${follower}, ${Math.round(at)} ms`,
    );
  return [
    ...table,
    ...section('What was wrong:', incidents),
    ...section('Refused, and should not have been:', report.refusals.slice(0, 20)),
    ...section('Logged as errors:', report.logged.slice(0, 20)),
  ].join('\n');
}

const section = (title: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : ['', title, '', ...lines];
