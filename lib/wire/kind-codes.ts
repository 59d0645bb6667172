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
