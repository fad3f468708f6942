// The tables: medians over the rounds with their spread, and ratios to the first contender of the same round.
import { median } from '../statistics.ts';
import type { Contender } from './contenders.ts';
import type { FigureName, Measurement } from './scenarios.ts';

interface Column {
  readonly title: string;
  readonly figure: FigureName;
  /** As a ratio to the first contender in the same round. */
  readonly isRatio?: boolean;
  readonly digits?: number;
}

const paceColumns = (pace: 'at-rest' | 'saturated', when: string): readonly Column[] => [
  { title: `CPU ${when}, µs`, figure: `cpu:${pace}` },
  { title: 'ratio', figure: `cpu:${pace}`, isRatio: true, digits: 2 },
  { title: 'deliveries/s', figure: `rate:${pace}`, digits: 0 },
  { title: 'p50, ms', figure: `p50:${pace}` },
  { title: 'p99, ms', figure: `p99:${pace}` },
  { title: 'server busy, %', figure: `server-load:${pace}`, digits: 0 },
  { title: 'generator busy, %', figure: `generator-load:${pace}`, digits: 0 },
];

const scaleColumns: readonly Column[] = [
  { title: 'memory per connection, KiB', figure: 'memory' },
  { title: 'CPU to connect, µs', figure: 'connect-cpu', digits: 0 },
  { title: 'time to connect, ms', figure: 'connect-time', digits: 2 },
  { title: 'p50, ms', figure: 'p50:at-rest' },
  { title: 'p99, ms', figure: 'p99:at-rest' },
  { title: 'CPU per delivery, µs', figure: 'cpu:at-rest' },
  { title: 'heap per further subscription, KiB', figure: 'subscription-memory' },
  { title: 'CPU to subscribe, µs', figure: 'subscribe-cpu', digits: 0 },
];

const titles: Readonly<Record<string, string>> = {
  'shared-topic': 'One topic with all',
  'own-topics': 'A topic for each',
};

/** Markdown, one section for each table that something was measured for. */
export function toMarkdown(measurements: readonly Measurement[], contenders: readonly Contender[]): string {
  const tables = [...new Set(measurements.map(({ table }) => table))];
  return tables
    .flatMap((table) => {
      const own = measurements.filter((measurement) => measurement.table === table);
      if (table.startsWith('scale')) {
        const size = Number(table.slice('scale '.length)).toLocaleString('en');
        return [toSection(`${size} connections, one event a second to all`, own, contenders, scaleColumns)];
      }
      const title = titles[table] ?? table;
      return [
        toSection(`${title}, at rest`, own, contenders, paceColumns('at-rest', 'per delivery')),
        toSection(`${title}, saturated`, own, contenders, paceColumns('saturated', 'per delivery')),
        'Where the server is not busy, whatever fed it or read from it was the limit.\n',
      ];
    })
    .join('\n');
}

function toSection(
  title: string,
  measurements: readonly Measurement[],
  contenders: readonly Contender[],
  columns: readonly Column[],
): string {
  const measured = contenders.filter(({ name }) => measurements.some(({ contender }) => contender === name));
  const rows = measured.map(({ name, title: contenderTitle }) => [
    contenderTitle,
    ...columns.map((column) =>
      toCell(valuesOf(measurements, name, column, contenders[0]?.name ?? ''), column.digits),
    ),
  ]);
  const head = ['contender', ...columns.map((column) => column.title)];
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  return `### ${title}\n\n${lines.join('\n')}\n`;
}

function valuesOf(
  measurements: readonly Measurement[],
  name: string,
  { figure, isRatio }: Column,
  first: string,
): number[] {
  const find = (contender: string, round: number) =>
    measurements.find((one) => one.contender === contender && one.round === round && one.figure === figure)
      ?.value;
  return measurements
    .filter((one) => one.contender === name && one.figure === figure)
    .map(({ round, value }) => (isRatio === true ? value / (find(first, round) ?? Number.NaN) : value))
    .filter((value) => !Number.isNaN(value));
}

function toCell(values: readonly number[], digits = 1): string {
  if (values.length === 0) return '–';
  const show = (value: number) =>
    value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
  if (values.length === 1) return show(median(values));
  return `${show(median(values))} (${show(Math.min(...values))} – ${show(Math.max(...values))})`;
}
