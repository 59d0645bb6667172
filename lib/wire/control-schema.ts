import { type Checksum, type Connect, CYCLON_AGE_MAX, CYCLON_ENTRIES_MAX, type CyclonEntry, type Digest, type Message, type MessageKind, type Recent } from '../core/messages.ts';
import { NICE_MEMBERS_MAX, NICE_PLACES_MAX } from '../core/messages/nice.ts';
import type { MessageId } from '../core/ids.ts';
import { COST_US_MAX, DESCRIBED_MAX, NARADA_MEMBERS_MAX } from '../core/messages/narada.ts';
import { ANNOUNCEMENTS } from './announcements-field.ts';
import { DIGEST_ENTRIES } from './digest-field.ts';
import { BOOLEAN, DESCRIBED_PEER, describedPeers, type FieldTypes, inline, listOf, oneOf, optionalLast, PEER, PEER_OR_NULL, peerList, uint } from './field-types.ts';
import { MESSAGE_IDS } from './ids-field.ts';
import { DEGREE_MAX, EPOCH_MAX, NICE_LAYER_MAX, RTT_US_MAX, RUMOR_COUNTER_MAX, SEQ_MAX, SHUFFLE_PEERS_MAX, TIME_TO_LIVE_MAX } from './limits.ts';
import { BOUND, RANGES } from './ranges-field.ts';
import { REFRESH_ENTRIES } from './refresh-field.ts';
import { TREE_CHILDREN_MAX, TREE_DELAY_MAX_US, TREE_PATH_MAX, TREE_RANK_MAX, type TreePeer, type TreePosition } from '../core/messages/switch-tree.ts';

export type ControlKind = Exclude<MessageKind, 'data'>;

/** What a message of this kind says beside its kind and group. */
type Properties<K extends ControlKind> = Omit<Extract<Message, { kind: K }>, 'kind' | 'group'>;

const EPOCH = uint(EPOCH_MAX);
const SEQ = uint(SEQ_MAX);
const TIME_TO_LIVE = uint(TIME_TO_LIVE_MAX);
const DEGREE = uint(DEGREE_MAX);
const NICE_LAYER = uint(NICE_LAYER_MAX);
const RTT_US = uint(RTT_US_MAX);
const MESSAGE_ID: FieldTypes<MessageId> = { origin: PEER, epoch: EPOCH, seq: SEQ };
const CYCLON_ENTRY: FieldTypes<CyclonEntry> = { peer: DESCRIBED_PEER, age: uint(CYCLON_AGE_MAX) };
const TREE_DELAY = uint(TREE_DELAY_MAX_US);
const TREE_PEER: FieldTypes<TreePeer> = { peer: DESCRIBED_PEER, delayUs: TREE_DELAY };
const TREE_POSITION: FieldTypes<TreePosition> = { rank: uint(TREE_RANK_MAX), path: listOf(TREE_PEER, TREE_PATH_MAX), children: listOf(TREE_PEER, TREE_CHILDREN_MAX) };
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
  cyclonShuffle: { seq: SEQ, entries: listOf(CYCLON_ENTRY, CYCLON_ENTRIES_MAX) },
  cyclonReply: { seq: SEQ, entries: listOf(CYCLON_ENTRY, CYCLON_ENTRIES_MAX) },
  cyclonWelcome: CYCLON_ENTRY,
  iWant: { ids: MESSAGE_IDS },
  ranges: { mode: oneOf(['push', 'pull', 'pushPull']), lower: BOUND, ranges: RANGES, ids: MESSAGE_IDS },
  rangeOffer: { ids: MESSAGE_IDS },
  rangeWant: { ids: MESSAGE_IDS },
  naradaJoin: {},
  naradaMembers: { peers: describedPeers(DESCRIBED_MAX) },
  naradaDescribe: { peers: peerList(DESCRIBED_MAX) },
  naradaLink: { urgent: BOOLEAN },
  naradaLinkReply: { accepted: BOOLEAN },
  naradaDrop: {},
  naradaLeave: { seq: SEQ },
  naradaRefresh: { number: SEQ, degree: DEGREE, entries: REFRESH_ENTRIES },
  naradaAskCosts: {},
  naradaCosts: { degree: DEGREE, costs: listOf({ member: PEER, costUs: uint(COST_US_MAX) }, NARADA_MEMBERS_MAX) },
  treeQuery: { seq: SEQ },
  treeInfo: { seq: SEQ, accepting: BOOLEAN, ...TREE_POSITION },
  treeJoin: { seq: SEQ, rttUs: TREE_DELAY },
  treeJoinReply: { seq: SEQ, accepted: BOOLEAN, ...TREE_POSITION },
  treeRefresh: { rttUs: TREE_DELAY },
  treePath: TREE_POSITION,
  treeLeave: { leaving: BOOLEAN },
  treeRoot: { root: DESCRIBED_PEER, rank: uint(TREE_RANK_MAX) },
  disconnectWait: {},
  optimization: { old: DESCRIBED_PEER },
  optimizationReply: { accepted: BOOLEAN, swapped: BOOLEAN },
  replace: { initiator: PEER, old: DESCRIBED_PEER },
  replaceReply: { accepted: BOOLEAN },
  switch: { initiator: PEER },
  switchReply: { accepted: BOOLEAN },
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
  connect: { protocol: EPIDEMIC, seq: SEQ },
  connectReply: { protocol: EPIDEMIC, seq: SEQ, accepted: BOOLEAN },
  recent: { step: RECENT_STEP, mode: RECENT_MODE, checksum: inline(CHECKSUM), entries: DIGEST_ENTRIES },
};
