#!/usr/bin/env node
// The commands: `tidings dev` to try and to develop, `tidings start` for production.
import { runServer } from './run-server.ts';

const help = `Tidings: a real-time GraphQL API server.

  tidings dev      try it and develop: embedded database, demo data, GraphiQL, development tokens, loopback only
  tidings start    production: needs JWT_SECRET, JWT_JWKS_URL or TOKEN_INTROSPECTION_URL; see .env.example
  tidings help     this text
`;

const [command = 'help', ...rest] = process.argv.slice(2);

if (rest.length > 0 && command !== 'help') {
  fail(
    `\`tidings ${command}\` takes no arguments, but was given "${rest.join(' ')}". Settings are environment variables.`,
  );
} else if (command === 'dev' || command === 'start') {
  process.exitCode = await runServer(command, process.env);
} else if (command === 'help' || command === '--help' || command === '-h') {
  process.stdout.write(help);
} else {
  fail(`There is no command "${command}".\n\n${help}`);
}

function fail(sentence: string): void {
  process.stderr.write(`${sentence}\n`);
  process.exitCode = 2;
}
