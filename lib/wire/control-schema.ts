import type { Digest, MessageKind, Message } from '../core/messages.ts';
import { NICE_MEMBERS_MAX, NICE_PLACES_MAX } from '../core/messages/nice.ts';
import type { MessageId } from '../core/ids.ts';
import { ANNOUNCEMENTS } from './announcements-field.ts';
import { DIGEST_ENTRIES } from './digest-field.ts';
import { BOOLEAN, DESCRIBED_PEER, type FieldTypes, PEER, PEER_OR_NULL, describedPeers, inline, listOf, oneOf, optionalLast, uint } from './field-types.ts';
import { EPOCH_MAX, NICE_LAYER_MAX, RTT_US_MAX, SEQ_MAX, SHUFFLE_PEERS_MAX, TIME_TO_LIVE_MAX } from './limits.ts';

export type ControlKind = Exclude<MessageKind, 'data'>;

/** What a message of this kind says beside its kind and group. */
type Properties<K extends ControlKind> = Omit<Extract<Message, { kind: K }>, 'kind' | 'group'>;

const EPOCH = uint(EPOCH_MAX);
const SEQ = uint(SEQ_MAX);
const TIME_TO_LIVE = uint(TIME_TO_LIVE_MAX);
const NICE_LAYER = uint(NICE_LAYER_MAX);
const RTT_US = uint(RTT_US_MAX);
const MESSAGE_ID: FieldTypes<MessageId> = { origin: PEER, epoch: EPOCH, seq: SEQ };
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
  feedback: { ...MESSAGE_ID, knew: BOOLEAN },
  rumorRequest: {},
  digest: { mode: DIGEST_MODE, entries: DIGEST_ENTRIES },
  ping: { seq: SEQ, suspected: BOOLEAN },
  ack: { seq: SEQ },
  pingRequest: { seq: SEQ, target: DESCRIBED_PEER },
  nack: { seq: SEQ },
  rttProbe: { seq: SEQ },
  rttReply: { seq: SEQ },
  niceQuery: { layer: NICE_LAYER },
  niceReply: { layer: NICE_LAYER, height: NICE_LAYER, root: DESCRIBED_PEER, members: describedPeers(NICE_MEMBERS_MAX) },
  niceJoin: { layer: NICE_LAYER },
  niceCluster: {
    layer: NICE_LAYER,
    root: DESCRIBED_PEER,
    members: listOf({ peer: DESCRIBED_PEER, rttUs: RTT_US }, NICE_MEMBERS_MAX),
    supers: describedPeers(NICE_MEMBERS_MAX + 1),
  },
  niceHeartbeat: { layer: NICE_LAYER, toLeader: BOOLEAN, distances: listOf({ peer: PEER, rttUs: RTT_US }, NICE_MEMBERS_MAX) },
  niceLeave: { layer: NICE_LAYER },
  niceTransfer: { height: NICE_LAYER, members: listOf({ layer: NICE_LAYER, peer: DESCRIBED_PEER }, NICE_PLACES_MAX), parent: optionalLast(DESCRIBED_PEER) },
  niceLeader: { layer: NICE_LAYER, leader: DESCRIBED_PEER },
  niceMerge: { layer: NICE_LAYER },
  niceRoot: { root: DESCRIBED_PEER },
};
