/**
 * overlaycast: application-level multicast and gossip overlays.
 *
 * This is the library's pure half: give a `PeerEngine` what arrives and the time,
 * implement `Effects` to carry out what it asks for.
 */
export { DEFAULTS, groupConfig } from './core/config.ts';
export type {
  AntiEntropyOptions,
  Choice,
  DisseminationOptions,
  FloodingOptions,
  FullOptions,
  GroupConfig,
  GroupLimits,
  GroupOptions,
  HyParViewOptions,
  OverlayOptions,
  PlumtreeOptions,
  RumorOptions,
  StaticOptions,
  TreeOptions,
  UnicastOptions,
} from './core/config.ts';
export type { DropReason, Effects, ProtocolEvent, Timer } from './core/effects.ts';
export { OverlayError } from './core/errors.ts';
export type { OverlayErrorCode } from './core/errors.ts';
export { GROUP_REF_MAX, PEER_REF_MAX, groupRef, peerRef } from './core/ids.ts';
export type { GroupRef, MessageId, PeerRef } from './core/ids.ts';
export type { MessageLog } from './core/message-log.ts';
export type { Announcement, DataMessage, DigestEntry, Message, MessageKind } from './core/messages.ts';
export type { Dissemination, NeighbourListener, Overlay } from './core/protocol.ts';
export { Random } from './core/random.ts';
export { PeerEngine } from './peer/engine.ts';
export type { Group, PublishOutcome } from './peer/group.ts';
export { Codec } from './wire/codec.ts';
export type { CodecCounters } from './wire/codec.ts';
export type { PeerDirectory } from './wire/directory.ts';
export { FrameDecoder, encodeFrameHeader } from './wire/framing.ts';
