// Whatever is wrong with whichever argument of a mutation is refused with a code and a sentence that names it, and nothing is
// stored. Generated from the schema; what only a domain can know to be wrong is in test/scenarios/bad-input-*.
import { readFileSync } from 'node:fs';
import { buildSchema, GraphQLError } from 'graphql';
import { expect, it } from 'vitest';
import { TidingsError } from '../../src/errors.ts';
import { dump } from '../support/dump.ts';
import { ask, askInVain, onBothDatabases } from '../support/in-process.ts';
import { furnish } from '../support/right-values.ts';
import { mistakesIn } from '../support/wrong-values.ts';

const schema = buildSchema(readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8'));
const mutations = Object.values(schema.getMutationType()?.getFields() ?? {});

/** They need a connection: test/scenarios/authentication.test.ts, test/scenarios/bad-input-chat.test.ts. */
const elsewhere = ['renewSession', 'setPresence'];
/** What is no mistake after all. */
const fine = [
  'sendNotification input.body empty',
  // Beside an attachment.
  'sendMessage input.body empty',
  'publishBookingUpdate input.note empty',
  'publishOrderUpdate input.note empty',
  // What an earlier update has told is taken back so.
  'publishOrderUpdate input.trackingNumber empty',
];

onBothDatabases('a mutation with a mistake', (database) => {
  it.each(mutations.filter(({ name }) => !elsewhere.includes(name)))(
    '$name is refused, whatever the mistake, and changes nothing',
    { timeout: 60_000 },
    async ({ name, args }) => {
      const { runtime, workspace, alice, right } = await furnish(database.runtime);
      const values = right[name];
      if (values === undefined) throw new Error(`Nobody has said what is right for ${name}.`);
      expect(Object.keys(values).sort()).toEqual(args.map((argument) => argument.name).sort());
      const declared = args.map((argument) => `$${argument.name}: ${String(argument.type)}`).join(', ');
      const passed = args.map((argument) => `${argument.name}: $${argument.name}`).join(', ');
      const call = args.length === 0 ? name : `${name}(${passed})`;
      const document = `mutation ${declared === '' ? '' : `(${declared})`} { ${call} { __typename } }`;

      const before = await dump(runtime, workspace);
      for (const argument of args) {
        for (const { path, title, value } of mistakesIn(
          argument.type,
          values[argument.name],
          argument.name,
        )) {
          const which = `${name} ${path} ${title}`;
          if (fine.includes(which)) continue;
          const refused = await askInVain(runtime, alice, document, { ...values, [argument.name]: value });
          expect(refused, which).toBeInstanceOf(Error);
          if (refused instanceof TidingsError) {
            expect(['BAD_USER_INPUT', 'NOT_FOUND', 'PAYLOAD_TOO_LARGE'], which).toContain(refused.code);
          } else {
            expect(refused, which).toBeInstanceOf(GraphQLError);
          }
          const place = path.split('.').findLast((step) => step !== '0') ?? path;
          const isTold = refused instanceof Error && refused.message.includes(place);
          const isUnknown = refused instanceof TidingsError && refused.code === 'NOT_FOUND';
          expect(isTold || isUnknown, `${which}: ${String(refused)}`).toBe(true);
        }
      }
      expect(await dump(runtime, workspace)).toEqual(before);

      // What was right is.
      await ask(runtime, alice, document, values);
    },
  );
});
