// The dashboard, the alert rules and the page on metrics speak of what a running server really tells, and of all of it.
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import { openTestDatabase } from '../support/database.ts';
import { httpGet } from '../support/http-get.ts';
import { readMetrics, type ReadMetrics } from '../support/metrics.ts';
import { namesIn } from '../support/promql-names.ts';
import { startServer } from '../support/server.ts';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly w: number };
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
}
interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

const { panels } = JSON.parse(read('ops/grafana/tidings.json')) as { readonly panels: readonly Panel[] };
const { groups } = parse(read('ops/prometheus/alerts.yaml')) as {
  readonly groups: readonly { readonly name: string; readonly rules: readonly Rule[] }[];
};
const rules = groups.flatMap((group) => group.rules);
const expressions = [
  ...panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
  ...rules.map(({ expr }) => expr),
];

let metrics: ReadMetrics;
/** Of each metric, or part of a histogram: its labels, and the values that they have. */
const labelsOf = new Map<string, Map<string, Set<string>>>();
beforeAll(async () => {
  await using database = await openTestDatabase();
  await using server = await startServer({
    env: {
      DATABASE_URL: database.url,
      REDIS_URL: process.env['TIDINGS_TEST_REDIS_URL'] ?? '',
      // So that there is something to collect soon.
      NODE_OPTIONS: '--max-semi-space-size=1',
    },
  });
  await httpGet(server, '/readyz');
  // The request before is counted when its answer has been sent, and what garbage collection costs when there was some.
  const late = ['tidings_http_requests_total', 'nodejs_gc_duration_seconds_sum'];
  await vi.waitFor(
    async () => {
      metrics = await readMetrics(server);
      expect(metrics.samples.map(({ name }) => name)).toEqual(expect.arrayContaining(late));
    },
    { timeout: 20_000 },
  );
  for (const { name, labels } of metrics.samples) {
    const known = labelsOf.get(name) ?? new Map<string, Set<string>>();
    labelsOf.set(name, known);
    for (const [label, value] of Object.entries(labels)) {
      known.set(label, (known.get(label) ?? new Set()).add(value));
    }
  }
}, 60_000);

/** Of Prometheus itself: it adds these labels to everything, and this metric. */
const added = ['job', 'instance'];
const isAdded = (metric: string) => metric === 'up';

describe('the dashboard and the alerts', () => {
  it.each(expressions)('ask for what there is: %s', (expression) => {
    const { selectors, grouping } = namesIn(expression);
    expect(selectors.length).toBeGreaterThan(0);
    for (const { metric, matchers } of selectors) {
      if (!isAdded(metric)) expect([...labelsOf.keys()], expression).toContain(metric);
      const labels = labelsOf.get(metric) ?? new Map<string, Set<string>>();
      for (const { label, operator, value } of matchers) {
        if (added.includes(label)) continue;
        expect([...labels.keys()], `${metric}{${label}}`).toContain(label);
        if (operator === '=' || operator === '!=') expect([...(labels.get(label) ?? [])]).toContain(value);
      }
    }
    const labels = selectors.flatMap(({ metric }) => [...(labelsOf.get(metric)?.keys() ?? [])]);
    for (const label of grouping) expect([...added, ...labels], expression).toContain(label);
  });

  it('every metric of Tidings is on the dashboard', () => {
    const asked = panels
      .flatMap(({ targets = [] }) => targets.flatMap(({ expr }) => namesIn(expr).selectors))
      .map(({ metric }) => metric.replace(/_(?:bucket|sum|count)$/, ''));
    const own = [...metrics.types.keys()].filter((name) => name.startsWith('tidings_'));
    expect(own.filter((name) => !asked.includes(name))).toEqual([]);
  });

  it('panels have ids of their own, keep within the page, and legends name labels that are grouped by', () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    for (const { title, gridPos, targets = [] } of panels) {
      expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24);
      for (const { expr, legendFormat } of targets) {
        const { selectors, grouping } = namesIn(expr);
        const isGrouped = /^(?:sum|min|max|count|histogram_quantile)/.test(expr);
        const labels = isGrouped
          ? grouping
          : [...added, ...selectors.flatMap(({ metric }) => [...(labelsOf.get(metric)?.keys() ?? [])])];
        for (const [, label = ''] of legendFormat.matchAll(/\{\{(\w+)\}\}/g))
          expect(labels, title).toContain(label);
      }
    }
  });

  it('every alert says what is wrong and how bad that is, and its page says what to do', () => {
    expect(rules.length).toBeGreaterThan(10);
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
    const [, section = ''] = read('docs/operations.md').split(/^## Alerts$/m);
    const parts = section.split(/^## /m)[0]?.split(/^### /m).slice(1) ?? [];
    const pages = new Map(parts.map((part) => [part.slice(0, part.indexOf('\n')), part]));
    expect([...pages.keys()]).toEqual(rules.map(({ alert }) => alert));
    for (const { alert, expr, labels, annotations, ...rest } of rules) {
      expect(alert).toMatch(/^Tidings[A-Z]\w+$/);
      expect(['page', 'ticket']).toContain(labels['severity']);
      expect(annotations['runbook']).toBe(`docs/operations.md#${alert.toLowerCase()}`);
      expect(annotations['summary'], alert).toMatch(/^.{20,}[.]$/);
      for (const word of ['**Means**', '**Look at**', '**Do**'])
        expect(pages.get(alert), alert).toContain(word);
      if (rest.for !== undefined) expect(rest.for).toMatch(/^\d+[mh]$/);
      // What the sentence tells has to be left over by the expression.
      const { grouping } = namesIn(expr);
      const isGrouped = /^(?:sum|min|max|count|histogram_quantile)/.test(expr);
      for (const [, label = ''] of (annotations['summary'] ?? '').matchAll(/\$labels\.(\w+)/g)) {
        if (isGrouped) expect(grouping, alert).toContain(label);
        else expect(added, alert).toContain(label);
      }
    }
  });
});

describe('docs/metrics.md', () => {
  const rows = [
    ...read('docs/metrics.md').matchAll(/^\| `(tidings_\w+)` *\| (\w+) *\| (.*?) *\| (.*?) *\|$/gm),
  ].map(([, name = '', type = '', labels = '', help = '']) => ({ name, type, labels, help }));

  it('has every metric, in the order of the server, with its type and what it tells', () => {
    const own = [...metrics.types].filter(([name]) => name.startsWith('tidings_'));
    expect(rows.map(({ name, type, help }) => ({ name, type, help }))).toEqual(
      own.map(([name, type]) => ({ name, type, help: metrics.help.get(name) })),
    );
  });

  it('has the labels of each, and their values where they are few', () => {
    /** Documented in words: pages of their own list them, or they are what runs. */
    const inWords = ['version', 'node', 'route', 'status', 'code'];
    for (const { name, type, labels: said } of rows) {
      const labels =
        labelsOf.get(type === 'histogram' ? `${name}_count` : name) ?? new Map<string, Set<string>>();
      const names = [...said.matchAll(/`(\w+)`(?=[:,]|$)/g)].map(([, label]) => label);
      for (const [label, values] of labels) {
        expect(said, name).toContain(`\`${label}\``);
        if (inWords.includes(label)) continue;
        for (const value of values) expect(said, name).toContain(`\`${value}\``);
      }
      if (labels.size === 0) expect(names, name).toEqual([]);
    }
  });
});
