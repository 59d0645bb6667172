import { unreachable } from '../core/errors.ts';
import type { MessageId, PeerRef } from '../core/ids.ts';
import type { Announcement, Digest, DigestEntry } from '../core/messages.ts';
import { sameRun } from './control-encoder.ts';
import type { PeerDirectory } from './directory.ts';
import type { ControlMessage } from './kind-codes.ts';
import { DIGEST_ENTRIES_BYTES_MAX, ID_BYTES } from './limits.ts';

/** First byte, head of the array, kind: one byte each. */
const START = 3;

const ID = 1 + ID_BYTES;

/** Bytes of `message` on the wire; a digest must have been cut to what fits. Allocates nothing. */
export function controlSize(message: ControlMessage, directory: PeerDirectory): number {
  const start = START + uintSize(message.group);
  switch (message.kind) {
    case 'join':
    case 'disconnect':
    case 'rumorRequest':
      return start;
    case 'forwardJoin':
      return start + descriptorSize(message.newcomer, directory) + uintSize(message.timeToLive);
    case 'neighbour':
    case 'neighbourReply':
      return start + 1;
    case 'shuffle': {
      const walk = descriptorSize(message.origin, directory) + uintSize(message.timeToLive);
      return start + walk + descriptorsSize(message.peers, directory);
    }
    case 'shuffleReply':
      return start + descriptorsSize(message.peers, directory);
    case 'iHave':
      return start + runsSize(message.announcements);
    case 'graft':
      return start + (message.tree === undefined ? 1 : ID) + (message.id === undefined ? 0 : messageIdSize(message.id));
    case 'prune':
      return start + (message.tree === undefined ? 0 : ID);
    case 'feedback':
      return start + messageIdSize(message) + 1;
    case 'digest': {
      let size = start + 1 + headSize(message.entries.length);
      for (const entry of message.entries) size += entrySize(entry);
      return size;
    }
    case 'ping':
      return start + uintSize(message.seq) + 1;
    case 'ack':
    case 'nack':
      return start + uintSize(message.seq);
    case 'pingRequest':
      return start + uintSize(message.seq) + descriptorSize(message.target, directory);
    default:
      return unreachable(message);
  }
}

/** How many entries, from the first on, stay within the bytes of a digest. */
export function digestEntriesThatFit(digest: Digest): number {
  let bytes = 0;
  let count = 0;
  for (const entry of digest.entries) {
    bytes += entrySize(entry);
    if (bytes > DIGEST_ENTRIES_BYTES_MAX) break;
    count++;
  }
  return count;
}

function runsSize(announcements: readonly Announcement[]): number {
  let size = 0;
  let runs = 0;
  let runFields = 0;
  let previous: Announcement | undefined = undefined;
  for (const next of announcements) {
    if (!sameRun(previous, next)) {
      if (runs++ > 0) size += headSize(runFields);
      runFields = 2;
      size += ID + uintSize(next.epoch);
    }
    runFields += 2;
    size += uintSize(next.seq) + uintSize(next.hops);
    previous = next;
  }
  if (runs > 0) size += headSize(runFields);
  return size + headSize(runs);
}

function entrySize(entry: DigestEntry): number {
  const { epoch, next, beyond } = entry;
  let size = headSize(3 + beyond.length) + ID + uintSize(epoch) + uintSize(next);
  let last = next;
  for (let i = 0; i + 1 < beyond.length; i += 2) {
    const [from, to] = [beyond[i] as number, beyond[i + 1] as number];
    size += uintSize(from - last - 1) + uintSize(to - from);
    last = to;
  }
  return size;
}

function messageIdSize(id: MessageId): number {
  return ID + uintSize(id.epoch) + uintSize(id.seq);
}

function descriptorsSize(peers: readonly PeerRef[], directory: PeerDirectory): number {
  let size = headSize(peers.length);
  for (const peer of peers) size += descriptorSize(peer, directory);
  return size;
}

function descriptorSize(peer: PeerRef, directory: PeerDirectory): number {
  const length = directory.descriptorOf(peer).length;
  return headSize(length) + length;
}

/** Bytes of an unsigned integer in its shortest form (RFC 8949, section 3). */
function uintSize(value: number): number {
  if (value < 24) return 1;
  if (value <= 0xff) return 2;
  if (value <= 0xffff) return 3;
  return value <= 0xffff_ffff ? 5 : 9;
}

/** The head of a byte string or array with this length is as long as the integer would be. */
const headSize = uintSize;
