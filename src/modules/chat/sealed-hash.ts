// What is kept of a deleted message's content, so that its client's id used again with other content is still a
// conflict. A plain hash of a short text is soon guessed; this one is salted and slow to compute.
import { scrypt } from 'node:crypto';
import { promisify } from 'node:util';

const derive = promisify<string, string, number, { N: number }, Buffer>(scrypt);

/** Some ten milliseconds of a thread that is not the event loop's. Base64url, the same for the same arguments. */
export async function sealHash(contentHash: string, messageId: string): Promise<string> {
  return (await derive(contentHash, messageId, 32, { N: 2 ** 13 })).toString('base64url');
}
