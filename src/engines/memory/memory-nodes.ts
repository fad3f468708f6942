// The one node of an engine without others.
import type { Nodes } from '../engine.ts';

export function createMemoryNodes(nodeId: string): Nodes {
  const reports = new Map<string, string>();
  return {
    isAlive: true,
    onLapsed: () => () => undefined,
    isComplete: async () => true,
    async report(subject, text) {
      if (text === null) reports.delete(subject);
      else reports.set(subject, text);
    },
    read: async (subject) => new Map([[nodeId, reports.get(subject) ?? null]]),
  };
}
