// The process of the load generator: carries out what the benchmark asks of it over its channel, and answers figures, or
// the sentence that says what was wrong.
import { setPriority } from 'node:os';
import process from 'node:process';
import { openCrowd, type Crowd, type CrowdOptions } from './crowd.ts';
import { Undelivered, type Pace } from './traffic.ts';

export type LoadRequest =
  | { readonly do: 'open'; readonly options: CrowdOptions }
  | { readonly do: 'connect' }
  | { readonly do: 'probe' }
  | { readonly do: 'run'; readonly pace: Pace; readonly seconds: number }
  | { readonly do: 'follow' }
  | { readonly do: 'probe-others' }
  | { readonly do: 'disconnect' };

export type LoadAnswer =
  { readonly id: number; readonly result: unknown } | { readonly id: number; readonly fault: string };

// What feeds the server shares its core with this process, and goes first.
setPriority(5);

let crowd: Crowd | null = null;

const requireCrowd = (): Crowd => {
  if (crowd === null) throw new Error('No crowd has been opened.');
  return crowd;
};

async function carryOut(request: LoadRequest): Promise<unknown> {
  switch (request.do) {
    case 'open':
      await crowd?.close();
      crowd = await openCrowd(request.options);
      return null;
    case 'connect':
      return requireCrowd().connect();
    case 'probe':
      return requireCrowd().traffic.probe();
    case 'run':
      return requireCrowd().traffic.run(request.pace, request.seconds);
    case 'follow':
      requireCrowd().follow();
      return null;
    case 'probe-others':
      return requireCrowd().probeOthers();
    case 'disconnect':
      return requireCrowd().disconnect();
  }
}

function toSentence(error: unknown): string {
  const missing = error instanceof Undelivered ? (crowd?.describeMissing() ?? null) : null;
  const sentence = error instanceof Error ? error.message : String(error);
  return missing === null ? sentence : `${sentence} ${missing}`;
}

const answer = (what: LoadAnswer): void => void process.send?.(what);

process.on('message', ({ id, request }: { id: number; request: LoadRequest }) => {
  carryOut(request).then(
    (result) => answer({ id, result }),
    (error: unknown) => answer({ id, fault: toSentence(error) }),
  );
});
process.on('disconnect', () => process.exit(0));
