import { unreachable } from '../core/errors.ts';
import { GROUP_REF_MAX, type GroupRef, type PeerRef, groupRef } from '../core/ids.ts';
import { HOPS_MAX } from '../core/message-log.ts';
import type { Announcement, DigestEntry } from '../core/messages.ts';
import type { FieldReader, Findings } from './field-reader.ts';
import { type ControlKind, type ControlMessage, DIGEST_MODES, PRIORITIES, kindOf } from './kind-codes.ts';
import {
  ANNOUNCEMENTS_MAX,
  DIGEST_ENTRIES_MAX,
  DIGEST_RANGES_MAX,
  EPOCH_MAX,
  SEQ_MAX,
  SHUFFLE_PEERS_MAX,
  TIME_TO_LIVE_MAX,
} from './limits.ts';

/** Makes a message of the elements that `reader` is at; of no use when `findings` then has a failure. */
export function readControl(reader: FieldReader, findings: Findings): ControlMessage | undefined {
  const kind = kindOf(reader.uint(Number.MAX_SAFE_INTEGER));
  if (kind === undefined) {
    findings.fail('kind');
    return undefined;
  }
  const message = readKind(kind, groupRef(reader.uint(GROUP_REF_MAX)), reader, findings);
  reader.end();
  return message;
}

/** Properties are read in the order in which they stand on the wire. */
function readKind(kind: ControlKind, group: GroupRef, reader: FieldReader, findings: Findings): ControlMessage {
  switch (kind) {
    case 'join':
    case 'disconnect':
    case 'rumorRequest':
      return { kind, group };
    case 'forwardJoin':
      return { kind, group, newcomer: reader.describedPeer(), timeToLive: reader.uint(TIME_TO_LIVE_MAX) };
    case 'neighbour':
      return { kind, group, priority: reader.name(PRIORITIES, 'low') };
    case 'neighbourReply':
      return { kind, group, accepted: reader.boolean() };
    case 'shuffle': {
      const origin = reader.describedPeer();
      const timeToLive = reader.uint(TIME_TO_LIVE_MAX);
      return { kind, group, origin, timeToLive, peers: readPeers(reader, findings) };
    }
    case 'shuffleReply':
      return { kind, group, peers: readPeers(reader, findings) };
    case 'iHave':
      return { kind, group, announcements: readRuns(reader, findings) };
    case 'graft': {
      const tree = reader.peerOrNull();
      const id = reader.left === 0 ? undefined : reader.messageId();
      return { kind, group, ...(tree !== undefined && { tree }), ...(id !== undefined && { id }) };
    }
    case 'prune':
      return reader.left === 0 ? { kind, group } : { kind, group, tree: reader.peer() };
    case 'feedback':
      return { kind, group, ...reader.messageId(), knew: reader.boolean() };
    case 'digest':
      return { kind, group, mode: reader.name(DIGEST_MODES, 'pull'), entries: readEntries(reader, findings) };
    case 'ping':
      return { kind, group, seq: reader.uint(SEQ_MAX), suspected: reader.boolean() };
    case 'ack':
    case 'nack':
      return { kind, group, seq: reader.uint(SEQ_MAX) };
    case 'pingRequest':
      return { kind, group, seq: reader.uint(SEQ_MAX), target: reader.describedPeer() };
    default:
      return unreachable(kind);
  }
}

function readPeers(reader: FieldReader, findings: Findings): PeerRef[] {
  const list = reader.list(SHUFFLE_PEERS_MAX);
  const peers: PeerRef[] = [];
  while (list.left > 0) {
    const peer = list.listedDescribedPeer();
    if (peer === undefined) findings.peersLeftOut++;
    else peers.push(peer);
  }
  return peers;
}

function readRuns(reader: FieldReader, findings: Findings): Announcement[] {
  const list = reader.list(ANNOUNCEMENTS_MAX);
  const announcements: Announcement[] = [];
  let count = 0;
  while (list.left > 0) {
    const run = list.list(2 + 2 * ANNOUNCEMENTS_MAX);
    if (run.left < 4 || run.left % 2 !== 0) findings.fail('malformed');
    count += run.left / 2 - 1;
    if (count > ANNOUNCEMENTS_MAX) findings.fail('tooLarge');
    if (findings.failure !== undefined) break;
    const origin = run.listedPeer();
    if (origin === undefined) findings.peersLeftOut++;
    const epoch = run.uint(EPOCH_MAX);
    while (run.left > 0) {
      const [seq, hops] = [run.uint(SEQ_MAX), run.uint(HOPS_MAX)];
      if (origin !== undefined) announcements.push({ origin, epoch, seq, hops });
    }
  }
  return announcements;
}

/** Leaving out an entry of an unknown publisher loses nothing: there is nothing of it here to send. */
function readEntries(reader: FieldReader, findings: Findings): DigestEntry[] {
  const list = reader.list(DIGEST_ENTRIES_MAX);
  const entries: DigestEntry[] = [];
  while (list.left > 0 && findings.failure === undefined) {
    const fields = list.list(3 + 2 * DIGEST_RANGES_MAX);
    if (fields.left < 3 || fields.left % 2 === 0) findings.fail('malformed');
    if (findings.failure !== undefined) break;
    const origin = fields.listedPeer();
    const epoch = fields.uint(EPOCH_MAX);
    const next = fields.uint(SEQ_MAX + 1);
    const beyond = readRanges(fields, next, findings);
    if (origin === undefined) findings.peersLeftOut++;
    else entries.push({ origin, epoch, next, beyond });
  }
  return entries;
}

/** Distances cannot but rise; they must not lead past the last number. */
function readRanges(fields: FieldReader, next: number, findings: Findings): number[] {
  const beyond: number[] = [];
  let last = next;
  while (fields.left > 0) {
    const from = last + 1 + fields.uint(SEQ_MAX);
    const to = from + fields.uint(SEQ_MAX);
    if (to > SEQ_MAX) {
      findings.fail('malformed');
      break;
    }
    beyond.push(from, to);
    last = to;
  }
  return beyond;
}
