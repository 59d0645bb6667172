/**
 * What can be seen of a peer from outside: one union for live runs and simulated
 * ones, so that the same code computes redundancy, hops and latency of both. `Peer` is
 * how peers are named: ids live, host numbers in a simulation.
 */
export type TraceEvent<Peer> =
  | TransmissionEvent<Peer>
  | ArrivalEvent<Peer>
  | LossEvent<Peer>
  | DeliveryEvent<Peer>
  | NeighbourEvent<Peer>;

/** The part of a message that is traced; `id` is there for messages with a payload. */
export interface TracedMessage<Peer> {
  readonly kind: string;
  readonly id: { readonly origin: Peer; readonly epoch: number; readonly seq: number } | undefined;
  readonly hops: number;
}

interface AtPeer<Peer> {
  /** Microseconds; live by the wall clock, so that processes can be compared. */
  readonly timeUs: number;
  /** The group's number. */
  readonly group: number;
  readonly peer: Peer;
}

/** `peer` has handed a copy of `bytes` to its link to `to`; `attempt` counts from 1 where the link is seen to repeat it. */
export interface TransmissionEvent<Peer> extends AtPeer<Peer> {
  readonly kind: 'transmission';
  readonly to: Peer;
  readonly message: TracedMessage<Peer>;
  readonly bytes: number;
  readonly attempt: number;
}

/** A copy from `from` has come in at `peer`. */
export interface ArrivalEvent<Peer> extends AtPeer<Peer> {
  readonly kind: 'arrival';
  readonly from: Peer;
  readonly message: TracedMessage<Peer>;
}

/** A copy that `peer` sent to `to` will not arrive, or not this time: `again` tells. */
export interface LossEvent<Peer> extends AtPeer<Peer> {
  readonly kind: 'loss';
  readonly to: Peer;
  readonly message: TracedMessage<Peer>;
  readonly why: 'lost' | 'corrupted' | 'unreachable' | 'queue-full' | 'peer-down' | 'sender-down';
  readonly again: boolean;
}

/** The application at `peer` got a message, which `from` had sent. */
export interface DeliveryEvent<Peer> extends AtPeer<Peer> {
  readonly kind: 'delivery';
  readonly from: Peer;
  readonly message: TracedMessage<Peer>;
}

/** `peer` has a neighbour more, or less. */
export interface NeighbourEvent<Peer> extends AtPeer<Peer> {
  readonly kind: 'neighbourUp' | 'neighbourDown';
  readonly neighbour: Peer;
}
