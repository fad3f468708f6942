// Ends the output of a run with one plain line that a CI can read: "128 passed, 0 failed, 2 skipped".
import type { Reporter, SerializedError, TestModule, TestRunEndReason, Vitest } from 'vitest/node';

export default class PlainSummaryReporter implements Reporter {
  #watching = false;

  onInit(vitest: Vitest): void {
    this.#watching = vitest.config.watch;
  }

  onTestRunEnd(
    modules: readonly TestModule[],
    unhandledErrors: readonly SerializedError[],
    reason: TestRunEndReason,
  ): void {
    const print = (): void => {
      process.stdout.write(`\n${summarize(modules, unhandledErrors.length, reason)}\n`);
    };
    if (this.#watching) print();
    // Whatever the teardown or a failed global setup still says comes before it.
    else process.once('exit', print);
  }
}

/**
 * A file or suite that broke outside of its tests counts as one failure, and so does every unhandled error, and a
 * run that failed before its first test: "0 failed" always means that all is well.
 */
export function summarize(
  modules: readonly TestModule[],
  unhandledErrors: number,
  reason: TestRunEndReason,
): string {
  const counts = { passed: 0, failed: unhandledErrors, skipped: 0 };
  for (const module of modules) {
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      // What never ran because the run was interrupted or its file broke counts as skipped.
      counts[state === 'pending' ? 'skipped' : state] += 1;
    }
    for (const suite of [module, ...module.children.allSuites()]) {
      if (suite.errors().length > 0) counts.failed += 1;
    }
  }
  if (reason !== 'passed' && counts.failed === 0) counts.failed = 1;
  const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : '';
  return `${counts.passed} passed, ${counts.failed} failed${skipped}`;
}
