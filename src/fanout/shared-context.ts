// The context of an execution for a whole audience: it has no viewer, and whoever reads one is told to mark the field.
import { BaseContext, type Context } from '../schema/context.ts';

/** One for each execution: what `once` makes is as old as the event. */
export class SharedContext extends BaseContext implements Context {
  get viewer(): never {
    throw dependsOnViewer('viewer');
  }

  get reader(): never {
    throw dependsOnViewer('reader');
  }

  get session(): never {
    throw dependsOnViewer('session');
  }

  get connection(): never {
    throw dependsOnViewer('connection');
  }

  get backlog(): never {
    throw dependsOnViewer('backlog');
  }
}

const dependsOnViewer = (what: string): Error =>
  new Error(
    `A field of an event has read \`context.${what}\`, but its value is shared by everybody who follows the event: mark the ` +
      'field `perViewer: true`, and it is executed for each viewer.',
  );
