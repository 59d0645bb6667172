/**
 * overlaycast: application-level multicast and gossip overlays.
 *
 * `createPeer` starts a live peer. Beneath it stands the pure half: give a `PeerEngine`
 * what arrives and the time, implement `Effects` to carry out what it asks for.
 */
export { createPeer } from './node/create-peer.ts';
export type { Explanation, Group, GroupEvents, GroupStats, ReceivedMessage } from './node/group.ts';
export type { Published } from './node/publisher.ts';
export type { RoleChange, RoleReason } from './node/links-explained.ts';
export type { TransportPreference } from './node/link-table-parts.ts';
export { PEER_DEFAULTS } from './node/options.ts';
export type { JoinOptions, PeerLimits, PeerOptions, Preset } from './node/options.ts';
export type { Peer, PeerEvents } from './node/peer.ts';
export type { PeerId } from './node/peer-table.ts';
export { TRACE_CHANNEL } from './node/tracer.ts';
export type { ArrivalEvent, DeliveryEvent, LossEvent, NeighbourEvent, TraceEvent, TracedMessage, TransmissionEvent } from './core/trace-event.ts';
export { TRANSPORT_DEFAULTS } from './transport/transport.ts';
export type { LinkDownReason, TransportLimits } from './transport/transport.ts';
export type { TransportKind } from './transport/address.ts';
export { DEFAULTS, groupConfig } from './core/config.ts';
export type {
  AntiEntropyOptions,
  ContactOptions,
  Choice,
  DisseminationOptions,
  FailureDetectorOptions,
  FloodingOptions,
  FullOptions,
  GroupConfig,
  GroupLimits,
  GroupOptions,
  HyParViewOptions,
  NaradaOptions,
  NiceOptions,
  OverlayOptions,
  PlumtreeOptions,
  RumorOptions,
  StaticOptions,
  SwitchTreeOptions,
  TreeOptions,
  UnicastOptions,
  XBotOptions,
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
export type { Group as EngineGroup, PublishOutcome } from './peer/group.ts';
export { Codec } from './wire/codec.ts';
export type { CodecCounters } from './wire/codec.ts';
export type { PeerDirectory } from './wire/directory.ts';
export { FrameDecoder, encodeFrameHeader } from './wire/framing.ts';
