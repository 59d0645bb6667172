import { createHash, randomBytes } from 'node:crypto';
import { type GroupRef, PEER_GROUP, type PeerRef, groupRef } from '../../../lib/core/ids.ts';
import type { Message } from '../../../lib/core/messages.ts';
import { encodeDescriptor } from '../../../lib/node/descriptor.ts';
import { encodeHello } from '../../../lib/node/hello.ts';
import { PeerTable } from '../../../lib/node/peer-table.ts';
import { type Address, parseAddress } from '../../../lib/transport/address.ts';
import { SYSTEM_CLOCK } from '../../../lib/transport/clock.ts';
import { TcpTransport } from '../../../lib/transport/tcp/tcp-transport.ts';
import { type Link, TRANSPORT_DEFAULTS, type Transport, type TransportHandlers } from '../../../lib/transport/transport.ts';
import { type CreateSocket, createDatagramSocket } from '../../../lib/transport/udp/socket.ts';
import { UdpTransport } from '../../../lib/transport/udp/udp-transport.ts';
import { Codec } from '../../../lib/wire/codec.ts';
import { until } from './until.ts';

const SOON_MS = 10_000;

/** The number that live peers give the group of that name; PROTOCOL.md, section "Groups". */
export function groupNumber(name: string): GroupRef {
  return groupRef(createHash('sha256').update(name).digest().readUIntBE(0, 6));
}

/** What an intruder says of itself, and the sockets that it says it with. */
export interface IntruderOptions {
  readonly addresses?: readonly Address[];
  readonly createSocket?: CreateSocket;
}

/**
 * A member made by hand: it speaks the transport, says a valid hello, joins, answers
 * probes so that it stays, forwards nothing, and says whatever the test wants.
 */
export class Intruder implements TransportHandlers {
  readonly idBytes = new Uint8Array(randomBytes(16));
  readonly group: GroupRef;
  /** What came, by kind. */
  readonly heard = new Map<string, number>();
  readonly hello: Uint8Array;
  private readonly table: PeerTable;
  private readonly codec: Codec;
  private readonly transport: Transport;
  private readonly link: Link;
  private invented = 0;

  constructor(to: string, group = 'test', { addresses = [], createSocket = createDatagramSocket }: IntruderOptions = {}) {
    const address = parseAddress(to, 'intruder');
    this.group = groupNumber(group);
    // Nobody here is referred to for long: when the table is full, old inventions go.
    this.table = new PeerTable(this.idBytes, 65_536, () => {});
    this.codec = new Codec(this.table);
    this.hello = encodeHello({ epoch: 1, descriptor: encodeDescriptor(this.idBytes, addresses) });
    const parts = { handlers: this, clock: SYSTEM_CLOCK, limits: { ...TRANSPORT_DEFAULTS, closeTimeoutMs: 50 }, hello: () => this.hello };
    this.transport = address.transport === 'udp' ? new UdpTransport({ ...parts, createSocket }) : new TcpTransport(parts);
    this.link = this.transport.dial(address);
  }

  /** One that is a neighbour of the peer at `to`. */
  static async neighbourOf(to: string, options: IntruderOptions = {}): Promise<Intruder> {
    const intruder = new Intruder(to, 'test', options);
    await until(() => intruder.isUp, SOON_MS);
    await intruder.say({ kind: 'join', group: intruder.group });
    await until(() => intruder.heard.has('neighbour'), SOON_MS);
    return intruder;
  }

  get isUp(): boolean {
    return this.link.state === 'up';
  }

  /** Says it, as soon as there is room. */
  say(message: Message): Promise<boolean> {
    return this.sayBytes(this.codec.encode(message));
  }

  /** Sends a frame, as soon as there is room; answers false when the link is down. */
  async sayBytes(frame: Uint8Array): Promise<boolean> {
    while (this.isUp) {
      if (this.link.queuedBytes < ROOM_BYTES && this.link.send(frame, undefined, 'data', 'reliable')) return true;
      await new Promise((resolve) => setImmediate(resolve));
    }
    return false;
  }

  /** The bytes of a message as they go on the wire. */
  bytesOf(message: Message): Uint8Array {
    return this.codec.encode(message);
  }

  /** A peer that does not exist, said to be at `at`. */
  invent(at: readonly Address[] = []): PeerRef {
    const id = new Uint8Array(16);
    new DataView(id.buffer).setUint32(0, ++this.invented);
    id.set(this.idBytes.subarray(0, 12), 4);
    const ref = this.table.refOfDescriptor(encodeDescriptor(id, at));
    if (ref === undefined) throw new Error('the table of the intruder is full');
    return ref;
  }

  close(): Promise<void> {
    return this.transport.close();
  }

  onLinkUp(): void {}

  onFrame(link: Link, frame: Uint8Array): void {
    const message = this.codec.decode(frame);
    if (message === undefined) return;
    this.heard.set(message.kind, (this.heard.get(message.kind) ?? 0) + 1);
    if (message.kind === 'ping') link.send(this.codec.encode({ kind: 'ack', group: PEER_GROUP, seq: message.seq }), undefined, 'control', 'unreliable');
  }

  onLinkDown(): void {}

  onDrain(): void {}
}

/** Bytes that an intruder lets wait. */
const ROOM_BYTES = 1024 * 1024;
