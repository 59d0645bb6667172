import type { Address, TransportKind } from '../../lib/transport/address.ts';
import type { Delivery, Link, LinkDownReason, Priority, Transport, TransportHandlers } from '../../lib/transport/transport.ts';
import type { DelayLine } from './delay-line.ts';

/** Bytes that are put before each frame: when it was sent (8), by the clock that all peers of the process share, and the sender's host (2). */
export const STAMP_BYTES = 10;

/** Where a transport stands on the map. */
export interface Place {
  readonly host: number;
  readonly line: DelayLine;
  /** One-way delay of the route from `from` to `to`, access links included. */
  readonly delayMs: (from: number, to: number) => number;
}

/**
 * A transport of the machine as it would be on the map: every frame takes as long as
 * its route, what the sockets and the event loop need being part of that. Opening a
 * link takes no longer than it does; acknowledgements are not delayed.
 */
export class DelayedTransport implements Transport {
  private readonly inner: Transport;
  private readonly place: Place;
  private readonly links = new WeakMap<Link, DelayedLink>();

  /** @param make makes the transport beneath, which must take frames longer by `STAMP_BYTES`. */
  constructor(place: Place, handlers: TransportHandlers, make: (handlers: TransportHandlers) => Transport) {
    this.place = place;
    this.inner = make({
      onLinkUp: (link) => handlers.onLinkUp(this.outer(link)),
      onFrame: (link, frame) => this.onFrame(handlers, this.outer(link), frame),
      onLinkDown: (link, reason: LinkDownReason) => handlers.onLinkDown(this.outer(link), reason),
      onDrain: (link) => handlers.onDrain(this.outer(link)),
    });
  }

  get transport(): TransportKind {
    return this.inner.transport;
  }

  get counters(): Readonly<Record<string, number>> {
    return this.inner.counters;
  }

  listen(address: Address): Promise<Address> {
    return this.inner.listen(address);
  }

  dial(address: Address): Link {
    return this.outer(this.inner.dial(address));
  }

  close(): Promise<void> {
    return this.inner.close();
  }

  /** Both ends are of this process, so that a stamp can be trusted. */
  private onFrame(handlers: TransportHandlers, link: Link, frame: Uint8Array): void {
    const { line, host, delayMs } = this.place;
    const stamp = new DataView(frame.buffer, frame.byteOffset, STAMP_BYTES);
    const dueMs = stamp.getFloat64(0) + delayMs(stamp.getUint16(8), host);
    line.hold(dueMs, handlers, link, frame.subarray(STAMP_BYTES));
  }

  private outer(link: Link): DelayedLink {
    let outer = this.links.get(link);
    if (outer === undefined) {
      outer = new DelayedLink(link, this.place);
      this.links.set(link, outer);
    }
    return outer;
  }
}

/** A link that stamps what is sent. */
class DelayedLink implements Link {
  private readonly inner: Link;
  private readonly place: Place;

  constructor(inner: Link, place: Place) {
    this.inner = inner;
    this.place = place;
  }

  get transport(): TransportKind { return this.inner.transport; }
  get dialled(): boolean { return this.inner.dialled; }
  get remote(): Address { return this.inner.remote; }
  get state(): Link['state'] { return this.inner.state; }
  get hello(): Uint8Array { return this.inner.hello; }
  get queuedBytes(): number { return this.inner.queuedBytes; }
  get rttMs(): number | undefined { return this.inner.rttMs; }
  get heardMs(): number { return this.inner.heardMs; }

  send(head: Uint8Array, body: Uint8Array | undefined, priority: Priority, delivery: Delivery): boolean {
    const stamped = new Uint8Array(STAMP_BYTES + head.length);
    const stamp = new DataView(stamped.buffer);
    stamp.setFloat64(0, this.place.line.nowMs);
    stamp.setUint16(8, this.place.host);
    stamped.set(head, STAMP_BYTES);
    return this.inner.send(stamped, body, priority, delivery);
  }

  close(): void {
    this.inner.close();
  }
}
