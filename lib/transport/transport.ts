import type { Address, TransportKind } from './address.ts';

/**
 * What a transport gives: links that carry whole frames between two processes. UDP
 * and TCP implement it; the live driver knows nothing else of sockets.
 *
 * A link is up once both ends have said hello: a transport carries the hello of its
 * owner to the other end, whatever it contains, before any frame.
 */

/** In a link's queue, what stands higher here goes first; within one, frames keep their order. */
export type Priority = 'control' | 'data' | 'announcement';

/** `reliable`: repeated until it arrives or the link fails. `unreliable`: may be lost without a word. */
export type Delivery = 'reliable' | 'unreliable';

/** Why a link went down. */
export type LinkDownReason =
  /** Nobody answered at that address. */
  | 'unreachable'
  /** No hello in time. */
  | 'handshake-timeout'
  /** The other end closed it. */
  | 'closed'
  /** Nothing was heard, or nothing acknowledged, for too long. */
  | 'timeout'
  /** What came was no speech of this protocol, or too long. */
  | 'protocol-error'
  /** The socket failed. */
  | 'failed'
  /** This end has as many as it allows. */
  | 'too-many'
  /** This end wants no link to that peer: it failed too often lately, or too many peers are known. */
  | 'refused';

/** One link to one other process. */
export interface Link {
  readonly transport: TransportKind;
  /** Whether this end dialled. */
  readonly dialled: boolean;
  readonly remote: Address;
  readonly state: 'opening' | 'up' | 'closed';
  /** What the other end said of itself; empty until the link is up. */
  readonly hello: Uint8Array;
  /** Bytes that wait to be sent, or to be sent again. */
  readonly queuedBytes: number;
  /** Smoothed round-trip time, where it is known. */
  readonly rttMs: number | undefined;
  /** When something was last heard from the other end, by the transport's clock. */
  readonly heardMs: number;
  /**
   * Queues a frame: `head`, followed by `body` where there is one. Both must stay as
   * they are from now on. A link that is still opening keeps frames until it is up.
   * Answers false when the queue is full and the frame was dropped and counted. Never throws.
   */
  send(head: Uint8Array, body: Uint8Array | undefined, priority: Priority, delivery: Delivery): boolean;
  /** Sends what is queued, for a bounded time, and closes. No `onLinkDown` follows; frames that are on their way may still come in. */
  close(): void;
}

/** What a transport tells its owner; never from within a call that the owner makes. */
export interface TransportHandlers {
  /** A link is up, dialled here or there. */
  onLinkUp(link: Link): void;
  /** A whole frame. The bytes are the receiver's own from now on. */
  onFrame(link: Link, frame: Uint8Array): void;
  /** Once for each link that was dialled or came up, unless this end closed it. */
  onLinkDown(link: Link, reason: LinkDownReason): void;
  /** A queue that refused a frame, or passed `QUEUE_HIGH` of its limit, has fallen below half of that. */
  onDrain(link: Link): void;
}

/** One kind of sockets: accepts and opens links. */
export interface Transport {
  readonly transport: TransportKind;
  /**
   * Begins to accept links; once per transport. Answers with the address bound, which has the real port.
   * @throws {OverlayError} `ADDRESS_IN_USE` or `INVALID_OPTION` when it cannot be bound, with the system's reason.
   */
  listen(address: Address): Promise<Address>;
  /** Opens a link; `onLinkUp` or `onLinkDown` will tell. The host is an IP address. Never throws. */
  dial(address: Address): Link;
  /** Closes all links and sockets; resolves when no handle is left open. */
  close(): Promise<void>;
  /** What happened so far, by name. */
  readonly counters: Readonly<Record<string, number>>;
}

/** Share of its limit past which a queue is busy, and whoever can wait should. */
export const QUEUE_HIGH = 0.5;

/** Limits that all transports share; the defaults stand in `TRANSPORT_DEFAULTS`. */
export interface TransportLimits {
  /** Bytes of a frame at most. */
  readonly frameBytesMax: number;
  /** Bytes that wait on one link; a frame that comes when there are as many is dropped. One frame always fits into an empty queue. */
  readonly queueBytesMax: number;
  /** From dialling or accepting to the hello, in ms. */
  readonly handshakeTimeoutMs: number;
  /** Silence on a link before a sign of life is asked for, in ms. */
  readonly keepAliveMs: number;
  /** Silence, or data without acknowledgement, before a link has failed, in ms. */
  readonly idleTimeoutMs: number;
  /** Links at a time; further ones are refused. */
  readonly linksMax: number;
  /** Links that others opened and that have not said hello: the oldest goes. */
  readonly pendingMax: number;
  /** How long `close` goes on sending what is queued, in ms. */
  readonly closeTimeoutMs: number;
}

/** All are guesses; the presets of the live peer change some. */
export const TRANSPORT_DEFAULTS: TransportLimits = Object.freeze({
  frameBytesMax: 1024 * 1024 + 1024,
  queueBytesMax: 8 * 1024 * 1024,
  handshakeTimeoutMs: 5000,
  keepAliveMs: 5000,
  idleTimeoutMs: 20_000,
  linksMax: 256,
  pendingMax: 256,
  closeTimeoutMs: 1000,
});

/** Bytes of a hello at most. */
export const HELLO_BYTES_MAX = 512;
