// What streams promise on every set-up (the invariants of the architecture page): written on `near`, followed on `far`.
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe } from 'vitest';
import type { StreamsNode } from '../support/streams-nodes.ts';
import { changesContract } from './streams-changes.contract.ts';
import { cursorsContract } from './streams-cursors.contract.ts';
import { followingContract } from './streams-following.contract.ts';
import { idempotencyContract } from './streams-idempotency.contract.ts';
import { retentionContract } from './streams-retention.contract.ts';
import { writingContract } from './streams-writing.contract.ts';

export interface StreamsStage {
  readonly near: StreamsNode;
  /** Another process of the same log, where the set-up has several. */
  readonly far: StreamsNode;
}

export interface StreamsSetup {
  open(): Promise<StreamsStage & AsyncDisposable>;
}

export function streamsContract(name: string, setup: StreamsSetup): void {
  describe(`streams on ${name}`, () => {
    let opened: StreamsStage & AsyncDisposable;
    beforeAll(async () => {
      opened = await setup.open();
      // Rows of a domain, to be written together with entries.
      await opened.near.store.queries.execute(sql`create table notes (id text primary key, number bigint)`);
    });
    afterAll(async () => opened[Symbol.asyncDispose]());

    /** Asked for inside of tests only, when it is open. */
    const stage: StreamsStage = {
      get near() {
        return opened.near;
      },
      get far() {
        return opened.far;
      },
    };
    writingContract(stage);
    followingContract(stage);
    cursorsContract(stage);
    idempotencyContract(stage);
    changesContract(stage);
    retentionContract(stage);
  });
}
