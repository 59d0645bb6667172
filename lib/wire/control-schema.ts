import type { Checksum, Connect, Digest, MessageKind, Message, Recent } from '../core/messages.ts';
import type { MessageId } from '../core/ids.ts';
import { ANNOUNCEMENTS } from './announcements-field.ts';
import { DIGEST_ENTRIES } from './digest-field.ts';
import { BOOLEAN, DESCRIBED_PEER, type FieldTypes, PEER, PEER_OR_NULL, describedPeers, inline, oneOf, optionalLast, uint } from './field-types.ts';
import { EPOCH_MAX, RUMOR_COUNTER_MAX, SEQ_MAX, SHUFFLE_PEERS_MAX, TIME_TO_LIVE_MAX } from './limits.ts';

export type ControlKind = Exclude<MessageKind, 'data'>;

/** What a message of this kind says beside its kind and group. */
type Properties<K extends ControlKind> = Omit<Extract<Message, { kind: K }>, 'kind' | 'group'>;

const EPOCH = uint(EPOCH_MAX);
const SEQ = uint(SEQ_MAX);
const TIME_TO_LIVE = uint(TIME_TO_LIVE_MAX);
const MESSAGE_ID: FieldTypes<MessageId> = { origin: PEER, epoch: EPOCH, seq: SEQ };
const EPIDEMIC = oneOf<Connect['protocol']>(['rumor', 'antiEntropy']);
const RECENT_STEP = oneOf<Recent['step']>(['ask', 'answer', 'fetch']);
const RECENT_MODE = oneOf<Recent['mode']>(['push', 'pull', 'pushPull']);
const CHECKSUM: FieldTypes<Checksum> = { high: SEQ, low: SEQ };
const DIGEST_MODE = oneOf<Digest['mode']>(['push', 'pull', 'pushPull', 'state', 'stateReply', 'history', 'historyPart', 'historyEnd']);

/**
 * Each control message on the wire: an array of its kind's code, the group, and these
 * properties in this order. Codec, sizes and the trace of the simulator follow from
 * this table alone; PROTOCOL.md says the same in CDDL.
 */
export const CONTROL_SCHEMA: { readonly [K in ControlKind]: FieldTypes<Properties<K>> } = {
  join: {},
  forwardJoin: { newcomer: DESCRIBED_PEER, timeToLive: TIME_TO_LIVE },
  neighbour: { priority: oneOf(['low', 'high']) },
  neighbourReply: { accepted: BOOLEAN },
  disconnect: {},
  shuffle: { origin: DESCRIBED_PEER, timeToLive: TIME_TO_LIVE, peers: describedPeers(SHUFFLE_PEERS_MAX) },
  shuffleReply: { peers: describedPeers(SHUFFLE_PEERS_MAX) },
  iHave: { announcements: ANNOUNCEMENTS },
  graft: { tree: PEER_OR_NULL, id: optionalLast(inline(MESSAGE_ID)) },
  prune: { tree: optionalLast(PEER) },
  feedback: { ...MESSAGE_ID, knew: BOOLEAN, counter: optionalLast(uint(RUMOR_COUNTER_MAX)) },
  rumorRequest: {},
  digest: { mode: DIGEST_MODE, entries: DIGEST_ENTRIES },
  ping: { seq: SEQ, suspected: BOOLEAN },
  ack: { seq: SEQ },
  pingRequest: { seq: SEQ, target: DESCRIBED_PEER },
  nack: { seq: SEQ },
  rttProbe: { seq: SEQ },
  rttReply: { seq: SEQ },
  connect: { protocol: EPIDEMIC, seq: SEQ },
  connectReply: { protocol: EPIDEMIC, seq: SEQ, accepted: BOOLEAN },
  recent: { step: RECENT_STEP, mode: RECENT_MODE, checksum: inline(CHECKSUM), entries: DIGEST_ENTRIES },
};
