import { assert, unreachable } from '../core/errors.ts';
import { GROUP_REF_MAX, type MessageId, type PeerRef } from '../core/ids.ts';
import { HOPS_MAX } from '../core/message-log.ts';
import type { Announcement, DigestEntry } from '../core/messages.ts';
import type { PeerDirectory } from './directory.ts';
import { type ControlMessage, DIGEST_MODES, KIND_CODES, PRIORITIES } from './kind-codes.ts';
import {
  ANNOUNCEMENTS_MAX,
  DESCRIPTOR_BYTES_MAX,
  DIGEST_RANGES_MAX,
  EPOCH_MAX,
  ID_BYTES,
  SEQ_MAX,
  SHUFFLE_PEERS_MAX,
  TIME_TO_LIVE_MAX,
} from './limits.ts';

/** What a control message is made of, as the CBOR encoder takes it; a bigint is an integer past 32 bits. */
export type Field = number | bigint | boolean | null | Uint8Array | readonly Field[];

/**
 * The array that stands for `message` on the wire. What a message may not hold is a
 * broken invariant, since the options of a group keep within the limits. A digest
 * must have been cut to what fits.
 */
export function controlFields(message: ControlMessage, directory: PeerDirectory): readonly Field[] {
  const code = KIND_CODES[message.kind];
  const group = uint(message.group, GROUP_REF_MAX);
  switch (message.kind) {
    case 'join':
    case 'disconnect':
    case 'rumorRequest':
      return [code, group];
    case 'forwardJoin':
      return [code, group, descriptor(message.newcomer, directory), uint(message.timeToLive, TIME_TO_LIVE_MAX)];
    case 'neighbour':
      return [code, group, PRIORITIES.indexOf(message.priority)];
    case 'neighbourReply':
      return [code, group, message.accepted];
    case 'shuffle': {
      const timeToLive = uint(message.timeToLive, TIME_TO_LIVE_MAX);
      return [code, group, descriptor(message.origin, directory), timeToLive, descriptors(message.peers, directory)];
    }
    case 'shuffleReply':
      return [code, group, descriptors(message.peers, directory)];
    case 'iHave':
      return [code, group, runs(message.announcements, directory)];
    case 'graft': {
      const tree = message.tree === undefined ? null : id(message.tree, directory);
      return message.id === undefined ? [code, group, tree] : [code, group, tree, ...messageId(message.id, directory)];
    }
    case 'prune':
      return message.tree === undefined ? [code, group] : [code, group, id(message.tree, directory)];
    case 'feedback':
      return [code, group, ...messageId(message, directory), message.knew];
    case 'digest': {
      const entries = message.entries.map((entry) => digestEntry(entry, directory));
      return [code, group, DIGEST_MODES.indexOf(message.mode), entries];
    }
    case 'ping':
      return [code, group, uint(message.seq, SEQ_MAX), message.suspected];
    case 'ack':
    case 'nack':
      return [code, group, uint(message.seq, SEQ_MAX)];
    case 'pingRequest':
      return [code, group, uint(message.seq, SEQ_MAX), descriptor(message.target, directory)];
    default:
      return unreachable(message);
  }
}

/** Whether `next` belongs to the run of announcements that `previous` is in: same origin, same epoch. */
export function sameRun(previous: MessageId | undefined, next: MessageId): boolean {
  return previous !== undefined && previous.origin === next.origin && previous.epoch === next.epoch;
}

/** Announcements of one origin and epoch that follow each other share them. */
function runs(announcements: readonly Announcement[], directory: PeerDirectory): Field[] {
  assert(announcements.length <= ANNOUNCEMENTS_MAX, 'too many announcements');
  const all: Field[][] = [];
  let run: Field[] = [];
  let previous: Announcement | undefined = undefined;
  for (const next of announcements) {
    if (!sameRun(previous, next)) all.push((run = [id(next.origin, directory), uint(next.epoch, EPOCH_MAX)]));
    run.push(uint(next.seq, SEQ_MAX), uint(next.hops, HOPS_MAX));
    previous = next;
  }
  return all;
}

function messageId(of: MessageId, directory: PeerDirectory): Field[] {
  return [id(of.origin, directory), uint(of.epoch, EPOCH_MAX), uint(of.seq, SEQ_MAX)];
}

/** Ranges go as distances: from what precedes to their beginning, and from there to their end. */
function digestEntry(entry: DigestEntry, directory: PeerDirectory): Field[] {
  const { origin, epoch, next, beyond } = entry;
  assert(beyond.length % 2 === 0 && beyond.length <= 2 * DIGEST_RANGES_MAX, 'ranges come in pairs, within their limit');
  const fields: Field[] = [id(origin, directory), uint(epoch, EPOCH_MAX), uint(next, SEQ_MAX + 1)];
  let last = next;
  for (let i = 0; i < beyond.length; i += 2) {
    const [from, to] = [beyond[i] as number, beyond[i + 1] as number];
    assert(to <= SEQ_MAX, 'a range past the last number');
    fields.push(uint(from - last - 1, SEQ_MAX), uint(to - from, SEQ_MAX));
    last = to;
  }
  return fields;
}

function descriptors(peers: readonly PeerRef[], directory: PeerDirectory): Field[] {
  assert(peers.length <= SHUFFLE_PEERS_MAX, 'too many peers in a shuffle');
  return peers.map((peer) => descriptor(peer, directory));
}

function descriptor(peer: PeerRef, directory: PeerDirectory): Uint8Array {
  const bytes = directory.descriptorOf(peer);
  assert(bytes.length >= ID_BYTES && bytes.length <= DESCRIPTOR_BYTES_MAX, 'a descriptor has 16 to 255 bytes');
  return bytes;
}

function id(peer: PeerRef, directory: PeerDirectory): Uint8Array {
  const bytes = directory.idOf(peer);
  assert(bytes.length === ID_BYTES, 'an id has 16 bytes');
  return bytes;
}

/** cbor-x writes numbers past 32 bits as floats, bigints as integers. */
function uint(value: number, max: number): number | bigint {
  assert(Number.isInteger(value) && value >= 0 && value <= max, 'a whole number within its limit');
  return value > 0xffff_ffff ? BigInt(value) : value;
}
