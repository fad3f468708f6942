// Which metrics and labels an expression of PromQL speaks of. No parser: what the expressions of ops/ are made of.

export interface Selector {
  readonly metric: string;
  readonly matchers: readonly { readonly label: string; readonly operator: string; readonly value: string }[];
}

export interface PromqlNames {
  readonly selectors: readonly Selector[];
  /** Of `by (…)` and the like. */
  readonly grouping: readonly string[];
}

const functions = new Set(['sum', 'min', 'max', 'count', 'rate', 'increase', 'histogram_quantile']);

/** Throws where there is something else in it than metrics, functions that it knows, numbers and operators. */
export function namesIn(expression: string): PromqlNames {
  const grouping: string[] = [];
  const selectors: Selector[] = [];
  let rest = expression.replaceAll(
    /\s*\b(?:by|without|on|ignoring) \(([^)]*)\)\s*/g,
    (_all, labels: string) => {
      grouping.push(...labels.split(',').map((label) => label.trim()));
      return '';
    },
  );
  rest = rest.replaceAll(
    /([a-z_]\w*)(?:\{([^}]*)\})?(\()?/gi,
    (all, name: string, list: string | undefined, open) => {
      if (open !== undefined) {
        if (functions.has(name)) return '(';
        throw new Error(`${name} is no function that is known here: ${expression}`);
      }
      // Of a range: [5m]
      if (/^[smhd]$/.test(all)) return all;
      if (name.startsWith('__')) return all;
      const matchers = [...(list ?? '').matchAll(/(\w+)(=~|!~|!=|=)"([^"]*)"/g)].map(
        ([, label = '', operator = '', value = '']) => ({ label, operator, value }),
      );
      selectors.push({ metric: name, matchers });
      return '';
    },
  );
  if (!/^(?:[\s()[\],.\d+*/<>=-]|\[(?:\d+[smhd]|\$__rate_interval)\])*$/.test(rest)) {
    throw new Error(`There is something in it that is not known here: ${rest}, of ${expression}`);
  }
  const [opening, closing] = ['(', ')'].map((sign) => rest.split(sign).length);
  if (opening !== closing) throw new Error(`Its parentheses are not balanced: ${expression}`);
  return { selectors, grouping };
}
