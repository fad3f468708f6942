// The social media team's own server: Tidings with one more domain.
import { pino } from 'pino';
import { createApp, parseConfig } from '../../../src/index.ts';
import { metricsModule } from './metrics.ts';

const app = await createApp({
  config: parseConfig(process.env, 'dev'),
  logger: pino({ level: 'error' }),
  modules: [metricsModule],
});
process.stdout.write(`Tidings listens at ${app.url}, with metrics.\n`);
process.once('SIGTERM', () => void app.close().then(() => process.exit()));
