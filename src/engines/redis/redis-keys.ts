// The names of everything a log keeps in Redis. One prefix whose hash tag puts all of it into one slot.

/** `<escaped workspace>/<user id>`: what scripts derive a user's keys from. The first slash is the seam. */
export type Member = string;

export interface RedisKeys {
  readonly prefix: string;
  readonly leases: string;
  readonly sessionsOf: (lease: string) => string;
  readonly user: (member: Member) => string;
  readonly online: (workspace: string) => string;
  /** The channel of a workspace's presence changes. */
  readonly presence: (workspace: string) => string;
  readonly channel: (name: string) => string;
  readonly expiringSet: (set: string) => string;
  readonly expiringMember: (set: string, member: string) => string;
}

export function createRedisKeys(logId: string): RedisKeys {
  const prefix = `tidings:{${logId}}:`;
  return {
    prefix,
    leases: `${prefix}leases`,
    sessionsOf: (lease) => `${prefix}sessions:${lease}`,
    user: (member) => `${prefix}user:${member}`,
    online: (workspace) => `${prefix}online:${escape(workspace)}`,
    presence: (workspace) => `${prefix}presence:${escape(workspace)}`,
    channel: (name) => `${prefix}channel:${name}`,
    expiringSet: (set) => `${prefix}expiring:${escape(set)}`,
    expiringMember: (set, member) => `${prefix}expiring:${escape(set)}/${member}`,
  };
}

export const toMember = (user: { workspace: string; userId: string }): Member =>
  `${escape(user.workspace)}/${user.userId}`;

export function parseMember(member: Member): { readonly workspace: string; readonly userId: string } {
  const slash = member.indexOf('/');
  return { workspace: unescape(member.slice(0, slash)), userId: member.slice(slash + 1) };
}

const escape = (text: string): string => text.replaceAll('%', '%25').replaceAll('/', '%2F');
const unescape = (text: string): string => text.replaceAll('%2F', '/').replaceAll('%25', '%');
