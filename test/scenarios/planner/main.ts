// The family planner's own server: Tidings with three more domains.
import { pino } from 'pino';
import { createApp, parseConfig } from '../../../src/index.ts';
import { plannerModules } from './modules.ts';

const app = await createApp({
  config: parseConfig(process.env, 'dev'),
  logger: pino({ level: 'error' }),
  modules: plannerModules,
});
process.stdout.write(`Tidings listens at ${app.url}, with tasks, karma and rewards.\n`);
process.once('SIGTERM', () => void app.close().then(() => process.exit()));
