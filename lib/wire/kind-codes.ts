import type { ControlKind } from './control-schema.ts';

/** Version of the format: the upper four bits of the first byte of every message. */
export const PROTOCOL_VERSION = 1;

/** First byte of a data message. */
export const DATA_TYPE = (PROTOCOL_VERSION << 4) | 0;

/** First byte of a control message. */
export const CONTROL_TYPE = (PROTOCOL_VERSION << 4) | 1;

/** First element of a control message's array. A number once given is never given again. */
export const KIND_CODES = Object.freeze({
  join: 1,
  forwardJoin: 2,
  neighbour: 3,
  neighbourReply: 4,
  disconnect: 5,
  shuffle: 6,
  shuffleReply: 7,
  iHave: 8,
  graft: 9,
  prune: 10,
  feedback: 11,
  rumorRequest: 12,
  digest: 13,
  ping: 14,
  ack: 15,
  pingRequest: 16,
  nack: 17,
  rttProbe: 18,
  rttReply: 19,
  naradaJoin: 20,
  naradaMembers: 21,
  naradaDescribe: 22,
  naradaLink: 23,
  naradaLinkReply: 24,
  naradaDrop: 25,
  naradaLeave: 26,
  naradaRefresh: 27,
  naradaAskCosts: 28,
  naradaCosts: 29,
  treeQuery: 30,
  treeInfo: 31,
  treeJoin: 32,
  treeJoinReply: 33,
  treeRefresh: 34,
  treePath: 35,
  treeLeave: 36,
  treeRoot: 37,
  disconnectWait: 39,
  niceQuery: 40,
  niceReply: 41,
  niceJoin: 42,
  niceCluster: 43,
  niceHeartbeat: 44,
  niceLeave: 45,
  niceTransfer: 46,
  niceLeader: 47,
  niceMerge: 48,
  niceRoot: 49,
  optimization: 50,
  optimizationReply: 51,
  replace: 52,
  replaceReply: 53,
  switch: 54,
  switchReply: 55,
  cyclonShuffle: 56,
  cyclonReply: 57,
  cyclonWelcome: 58,
  iWant: 60,
  ranges: 65,
  rangeOffer: 66,
  rangeWant: 67,
  connect: 69,
  connectReply: 70,
  recent: 71,
} satisfies Record<ControlKind, number>);

const KINDS = new Map<unknown, ControlKind>(
  Object.entries(KIND_CODES).map(([kind, code]) => [code, kind as ControlKind]),
);

/** The kind of a code, or `undefined` when there is none. */
export function kindOf(code: unknown): ControlKind | undefined {
  return KINDS.get(code);
}
