// The names of everything a log keeps in Redis. One prefix whose hash tag puts all of it into one slot; within a Cluster,
// the channels of topics are spread over all slots instead.

import type { Place } from '../engine.ts';

/** The kinds of places. Within one, names are free. */
export type PlaceKind = 'workspace' | 'room';

/**
 * `<escaped place>/<user id>`, with a colon before the place where it is a room: what scripts derive a user's keys from.
 * The first slash is the seam.
 */
export type Member = string;

export interface MemberParts {
  readonly kind: PlaceKind;
  readonly place: Place;
  readonly userId: string;
}

export interface RedisKeys {
  readonly prefix: string;
  readonly leases: string;
  /** Exists while nodes that live may not be listed yet. */
  readonly young: string;
  readonly sessionsOf: (lease: string) => string;
  readonly user: (member: Member) => string;
  readonly online: (kind: PlaceKind, place: Place) => string;
  /** Everyone online in any place of the kind: set of members. */
  readonly everyone: (kind: PlaceKind) => string;
  /** The channel of a place's presence changes. */
  readonly presence: (kind: PlaceKind, place: Place) => string;
  /** What the nodes say about a subject: hash, node id -> text. */
  readonly reports: (subject: string) => string;
  readonly channel: (name: string) => string;
  readonly expiringSet: (set: string) => string;
  readonly expiringMember: (set: string, member: string) => string;
}

export function createRedisKeys(logId: string, { spreadChannels = false } = {}): RedisKeys {
  const prefix = `tidings:{${logId}}:`;
  return {
    prefix,
    leases: `${prefix}leases`,
    young: `${prefix}young`,
    sessionsOf: (lease) => `${prefix}sessions:${lease}`,
    user: (member) => `${prefix}user:${member}`,
    online: (kind, place) => `${prefix}online:${toGroup(kind, place)}`,
    everyone: (kind) => `${prefix}everyone:${kind}`,
    presence: (kind, place) => `${prefix}presence:${toGroup(kind, place)}`,
    reports: (subject) => `${prefix}reports:${escape(subject)}`,
    channel: (name) => (spreadChannels ? `tidings:${logId}:channel:{${name}}` : `${prefix}channel:${name}`),
    expiringSet: (set) => `${prefix}expiring:${escape(set)}`,
    expiringMember: (set, member) => `${prefix}expiring:${escape(set)}/${member}`,
  };
}

export const toMember = ({ kind, place, userId }: MemberParts): Member => `${toGroup(kind, place)}/${userId}`;

export function parseMember(member: Member): MemberParts {
  const slash = member.indexOf('/');
  const kind = member.startsWith(roomMark) ? 'room' : 'workspace';
  const place = unescape(member.slice(kind === 'room' ? 1 : 0, slash));
  return { kind, place, userId: member.slice(slash + 1) };
}

/** Scripts know rooms by it. Escaped in names, so that no workspace begins with it. */
const roomMark = ':';
const toGroup = (kind: PlaceKind, place: Place): string =>
  `${kind === 'room' ? roomMark : ''}${escape(place)}`;

const escape = (text: string): string =>
  text.replaceAll('%', '%25').replaceAll('/', '%2F').replaceAll(':', '%3A');
const unescape = (text: string): string =>
  text.replaceAll('%3A', ':').replaceAll('%2F', '/').replaceAll('%25', '%');
