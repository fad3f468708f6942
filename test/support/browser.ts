/** A headless Chromium for scenario tests, from the system: `playwright-core` brings none of its own. */
import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';

const candidates = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** `CHROMIUM_PATH` names another executable. The caller closes it: `await using browser = await openBrowser()`. */
export async function openBrowser(): Promise<Browser> {
  const executablePath = [process.env['CHROMIUM_PATH'], ...candidates].find(
    (path) => path && existsSync(path),
  );
  if (!executablePath) throw new Error('No Chromium was found: install one with `npm run test:setup`.');
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--disable-background-networking',
      '--disable-component-update',
      '--no-first-run',
    ],
  });
}
