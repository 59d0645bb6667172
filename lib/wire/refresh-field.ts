import { assert } from '../core/errors.ts';
import type { PeerRef } from '../core/ids.ts';
import type { MemberStatus, RefreshEntry } from '../core/messages.ts';
import { COST_US_MAX, NARADA_MEMBERS_MAX, PATH_HOPS_MAX, REFRESH_ENTRIES_MAX, REFRESH_HOPS_MAX } from '../core/messages/narada.ts';
import type { FieldReader, Findings } from './field-reader.ts';
import { type Field, type FieldType, ID_SIZE, headSize, idOf, uintSize, wholeNumber } from './field-types.ts';
import { SEQ_MAX } from './limits.ts';

const STATUSES: readonly [MemberStatus, ...MemberStatus[]] = ['alive', 'failed', 'left'];

/**
 * The entries of a refresh, as two elements: the ids of all members that occur, each
 * once, and a list for each entry, in which members go by their place among the ids. A
 * member in the paths of half the others would cost 17 bytes each time otherwise.
 */
export const REFRESH_ENTRIES: FieldType<readonly RefreshEntry[]> = {
  write(entries, fields, directory) {
    assert(entries.length <= REFRESH_ENTRIES_MAX, 'too many entries in a refresh');
    const places = placesOf(entries);
    assert(places.size <= NARADA_MEMBERS_MAX, 'too many members in a refresh');
    fields.push([...places.keys()].map((peer) => idOf(peer, directory)), entries.map((entry) => entryFields(entry, places)));
  },

  read(reader, findings) {
    const ids = reader.list(NARADA_MEMBERS_MAX);
    const peers: (PeerRef | undefined)[] = [];
    while (ids.left > 0) peers.push(ids.listedPeer());
    const list = reader.list(REFRESH_ENTRIES_MAX);
    const entries: RefreshEntry[] = [];
    let hops = 0;
    while (list.left > 0 && findings.failure === undefined) {
      const fields = list.list(4 + PATH_HOPS_MAX);
      hops += Math.max(0, fields.left - 4);
      if (hops > REFRESH_HOPS_MAX) findings.fail('tooLarge');
      const entry = readEntry(fields, peers, findings);
      if (entry === undefined) findings.peersLeftOut++;
      else entries.push(entry);
    }
    return entries;
  },

  size(entries) {
    const places = placesOf(entries);
    let size = headSize(places.size) + places.size * ID_SIZE + headSize(entries.length);
    for (const { member, seq, route } of entries) {
      size += 1 + uintSize(seq) + uintSize(places.get(member) as number);
      if (route === undefined) {
        size += headSize(3);
        continue;
      }
      size += headSize(4 + route.path.length) + uintSize(route.costUs);
      for (const hop of route.path) size += uintSize(places.get(hop) as number);
    }
    return size;
  },
};

/** The members that occur, in the order in which they do, with their places. */
function placesOf(entries: readonly RefreshEntry[]): Map<PeerRef, number> {
  const places = new Map<PeerRef, number>();
  const add = (peer: PeerRef): void => {
    if (!places.has(peer)) places.set(peer, places.size);
  };
  // Entries first: their members have the short places.
  for (const { member } of entries) add(member);
  for (const { route } of entries) if (route !== undefined) for (const hop of route.path) add(hop);
  return places;
}

function entryFields({ member, status, seq, route }: RefreshEntry, places: ReadonlyMap<PeerRef, number>): Field[] {
  const fields: Field[] = [places.get(member) as number, STATUSES.indexOf(status), wholeNumber(seq, SEQ_MAX)];
  if (route === undefined) return fields;
  assert(route.path.length <= PATH_HOPS_MAX, 'a path within its limit');
  fields.push(wholeNumber(route.costUs, COST_US_MAX));
  for (const hop of route.path) fields.push(places.get(hop) as number);
  return fields;
}

/** `undefined` when one of its members cannot be had, or there was a failure. */
function readEntry(fields: FieldReader, peers: readonly (PeerRef | undefined)[], findings: Findings): RefreshEntry | undefined {
  if (fields.left < 3) findings.fail('malformed');
  // Places past the last one are refused; without any, none is right.
  if (peers.length === 0) findings.fail('malformed');
  const last = Math.max(0, peers.length - 1);
  const member = peers[fields.uint(last)];
  const status = fields.name(STATUSES, 'alive');
  const seq = fields.uint(SEQ_MAX);
  const plain = { member: member as PeerRef, status, seq };
  if (fields.left === 0) return member === undefined ? undefined : plain;
  const costUs = fields.uint(COST_US_MAX);
  const path: (PeerRef | undefined)[] = [];
  while (fields.left > 0) path.push(peers[fields.uint(last)]);
  if (member === undefined || path.includes(undefined)) return undefined;
  return { ...plain, route: { costUs, path: path as PeerRef[] } };
}
