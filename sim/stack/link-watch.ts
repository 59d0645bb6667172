import type { Address } from '../../lib/transport/address.ts';
import type { Link, Transport, TransportHandlers, TransportLimits } from '../../lib/transport/transport.ts';
import { UdpLink } from '../../lib/transport/udp/udp-link.ts';
import type { StackProcess } from './process.ts';
import { fnv, hostOf } from './underlay-network.ts';

/** From the last fault on, a link brings a frame within this time, in ms, or goes down. A guess: some retransmission timeouts. */
const BROUGHT_MS = 1000;

/** A frame that a link took and was to bring. */
interface Sent {
  readonly link: Link;
  readonly process: StackProcess;
  readonly atMs: number;
  readonly bytes: number;
}

/** What went over one link from one of its ends to the other. */
interface Way {
  /** By content: how often it was sent and how often it came. */
  readonly counts: Map<string, { sent: number; came: number }>;
  /** By content: reliable frames that have not come. */
  readonly owed: Map<string, Sent[]>;
}

/**
 * Watches what links promise, at their two ends: a reliable frame comes unless the link
 * goes down, what comes was sent, once for each time, a closed link takes nothing, and
 * no queue holds more than it may.
 */
export class LinkWatch {
  private readonly nowMs: () => number;
  private readonly onWrong: (what: string, host: number) => void;
  private readonly ways = new Map<string, Way>();
  private readonly watched = new WeakSet<Link>();
  /** Those that were not closed when last looked at. */
  private readonly links = new WeakMap<StackProcess, Set<Link>>();

  /** @param onWrong is told what must never be. */
  constructor(nowMs: () => number, onWrong: (what: string, host: number) => void) {
    this.nowMs = nowMs;
    this.onWrong = onWrong;
  }

  /** The handlers for a transport of the process, which tell those given. */
  handlers(process: StackProcess, told: TransportHandlers, limits: TransportLimits): TransportHandlers {
    return {
      onLinkUp: (link) => told.onLinkUp(this.watch(process, link, limits)),
      onFrame: (link, frame) => {
        countFrame(process, link);
        this.onFrame(process.host, link, frame);
        told.onFrame(link, frame);
      },
      onLinkDown: (link, reason) => told.onLinkDown(link, reason),
      onDrain: (link) => told.onDrain(link),
    };
  }

  /** The transport, with its links watched. */
  transport(process: StackProcess, transport: Transport, limits: TransportLimits): Transport {
    const dial = transport.dial.bind(transport);
    transport.dial = (address: Address) => this.watch(process, dial(address), limits);
    return transport;
  }

  /** Frames that have been acknowledged, since their link has nothing left to send, and have not come where its other end is up, in words. */
  acknowledgedInVain(isUpThere: (link: Link) => boolean): { readonly host: number; readonly what: string }[] {
    return [...this.ways.values()].flatMap(({ owed }) => [...owed.values()].flat()).flatMap(({ link, process, atMs, bytes }) => {
      if (link.queuedBytes > 0 || !process.alive || link.state !== 'up' || !isUpThere(link)) return [];
      return [{ host: process.host, what: `a reliable frame of ${bytes} bytes that a link to host ${hostOf(link.remote.host)} took at ${atMs} ms has been acknowledged and has not come` }];
    });
  }

  /** Frames that a link which is up still owes, long after it took them, in words. */
  owed(): { readonly host: number; readonly what: string }[] {
    const nowMs = this.nowMs();
    return [...this.ways.values()].flatMap(({ owed }) => [...owed.values()].flat()).flatMap(({ link, process, atMs, bytes }) => {
      if (nowMs - atMs < BROUGHT_MS || !process.alive || link.state !== 'up') return [];
      return [{ host: process.host, what: `a reliable frame of ${bytes} bytes that a link to host ${hostOf(link.remote.host)} took at ${atMs} ms has not come, and the link is up` }];
    });
  }

  /** The links of the process that are not closed, nor were when it was last asked for. */
  linksOf(process: StackProcess): readonly Link[] {
    const links = this.links.get(process) ?? new Set();
    for (const link of links) if (link.state === 'closed') links.delete(link);
    return [...links];
  }

  private watch(process: StackProcess, link: Link, { queueBytesMax }: TransportLimits): Link {
    if (this.watched.has(link)) return link;
    this.watched.add(link);
    const links = this.links.get(process) ?? new Set();
    this.links.set(process, links.add(link));
    const send = link.send.bind(link);
    link.send = (head, body, priority, delivery) => {
      const closed = link.state === 'closed';
      const taken = send(head, body, priority, delivery);
      if (!taken) return false;
      if (closed) this.onWrong(`a closed link to host ${hostOf(link.remote.host)} took a frame`, process.host);
      const frame = body === undefined ? head : joined(head, body);
      // One frame always fits.
      if (link.queuedBytes > Math.max(queueBytesMax, frame.length)) this.onWrong(`a link to host ${hostOf(link.remote.host)} holds ${link.queuedBytes} bytes, ${queueBytesMax} are allowed`, process.host);
      this.onSend(process, link, frame, delivery === 'reliable');
      return true;
    };
    return link;
  }

  private onSend(process: StackProcess, link: Link, frame: Uint8Array, reliable: boolean): void {
    countFrame(process, link);
    const { counts, owed } = this.way(process.host, link instanceof UdpLink ? link.connection.id : undefined);
    const key = contentOf(frame);
    const count = counts.get(key);
    if (count === undefined) counts.set(key, { sent: 1, came: 0 });
    else count.sent++;
    if (!reliable) return;
    const sent: Sent = { link, process, atMs: this.nowMs(), bytes: frame.length };
    const others = owed.get(key);
    if (others === undefined) owed.set(key, [sent]);
    else others.push(sent);
  }

  private onFrame(to: number, link: Link, frame: Uint8Array): void {
    const from = hostOf(link.remote.host);
    const { counts, owed } = this.way(from, link instanceof UdpLink ? link.connection.remoteId : undefined);
    const key = contentOf(frame);
    const count = counts.get(key);
    if (count === undefined) return this.onWrong(`a link from host ${from} brought a frame of ${frame.length} bytes that was not sent`, to);
    if (++count.came > count.sent) this.onWrong(`a link from host ${from} brought a frame of ${frame.length} bytes ${count.came} times that was sent ${count.sent} times`, to);
    const waiting = owed.get(key);
    if (waiting === undefined) return;
    waiting.shift();
    if (waiting.length === 0) owed.delete(key);
  }

  /** @param id by which the end that sends has named the link. */
  private way(from: number, id: number | undefined): Way {
    const key = `${from} ${id}`;
    const way = this.ways.get(key) ?? { counts: new Map(), owed: new Map() };
    this.ways.set(key, way);
    return way;
  }
}

function countFrame({ frames }: StackProcess, link: Link): void {
  const other = hostOf(link.remote.host);
  frames.set(other, (frames.get(other) ?? 0) + 1);
}

function contentOf(frame: Uint8Array): string {
  return `${frame.length} ${fnv(frame)}`;
}

function joined(head: Uint8Array, body: Uint8Array): Uint8Array {
  const whole = new Uint8Array(head.length + body.length);
  whole.set(head);
  whole.set(body, head.length);
  return whole;
}
