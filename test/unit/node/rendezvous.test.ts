import { describe, expect, test } from 'vitest';
import { type GroupRef, type PeerRef, groupRef } from '../../../lib/core/ids.ts';
import { Random } from '../../../lib/core/random.ts';
import { Rendezvous, type RendezvousOptions } from '../../../lib/node/rendezvous.ts';
import { parseAddress } from '../../../lib/transport/address.ts';
import { LinkBed, tcpOf, udpOf } from './link-bed.ts';

const GROUP = groupRef(7);

/** A rendezvous over a link table whose transports do what the test says; time is virtual. */
class Bed extends LinkBed {
  readonly rendezvous: Rendezvous;
  readonly neighbours = new Map<GroupRef, number>();
  readonly contacts: string[] = [];
  /** What was told of vain attempts: addresses, and the wait that follows. */
  readonly retries: { readonly addresses: readonly string[]; readonly reason: string; readonly inMs: number }[] = [];

  constructor(bootstrap: readonly string[], options: Partial<RendezvousOptions> = {}) {
    super();
    this.rendezvous = new Rendezvous(this.links, this.clock, new Random(1), {
      bootstrap: bootstrap.map((text) => parseAddress(text, 'test')),
      bootstrapRetryMs: 250, bootstrapRetryMaxMs: 30_000, healIntervalMs: 10_000, ...options,
    }, {
      neighbours: (group) => this.neighbours.get(group) ?? 0,
      onContact: (group, contact) => { this.contacts.push(`${group} ${parseInt(this.table.get(contact).id.slice(0, 2), 16)}`); },
      onRetry: (addresses, reason, inMs) => { this.retries.push({ addresses, reason, inMs }); },
    });
  }

  override onPeerUp(...[peer, dialled]: Parameters<LinkBed['onPeerUp']>): void {
    super.onPeerUp(peer, dialled);
    const known = this.table.find(peer.id);
    if (known !== undefined) this.rendezvous.onPeerUp(known, dialled);
  }

  override onPeerDown(...[ref, reason]: Parameters<LinkBed['onPeerDown']>): void {
    super.onPeerDown(ref, reason);
    this.rendezvous.onPeerDown(this.table.get(ref));
  }

  override onAddressFailed(...[address, reason]: Parameters<LinkBed['onAddressFailed']>): void {
    super.onAddressFailed(address, reason);
    this.rendezvous.onAddressFailed(address, reason as 'unreachable');
  }

  /** Lets time go on; every dial fails at once. */
  failFor(ms: number): void {
    const endMs = this.clock.nowMs() + ms;
    while (this.clock.nowMs() < endMs) {
      this.clock.advance(Math.min(10, endMs - this.clock.nowMs()));
      this.failDials();
    }
  }

  failDials(): void {
    for (const link of [...this.udp.dialled, ...this.tcp.dialled]) if (link.state === 'opening') this.down(link, 'unreachable');
  }

  /** Loses the last link to peer `n`. */
  lose(n: number, ref: PeerRef = this.known(n)): void {
    for (const link of this.links.up(ref)) this.down(link as Parameters<LinkBed['down']>[0], 'timeout');
  }
}

describe('a group that looks for others', () => {
  test('dials the bootstrap addresses at once, and joins through whoever answers first', () => {
    const bed = new Bed([udpOf(2), tcpOf(3)]);
    expect(bed.dials).toEqual([]);
    bed.rendezvous.addGroup(GROUP);
    expect([...bed.dials].sort()).toEqual([tcpOf(3), udpOf(2)]);
    bed.up(bed.dialled('udp'), 2);
    expect(bed.contacts).toEqual(['7 2']);
    bed.neighbours.set(GROUP, 1);
    expect(bed.contacts).toEqual(['7 2']);
  });

  test('joins through who answers later, too: whoever came first may be as lost as it was', () => {
    const bed = new Bed([udpOf(2)]);
    bed.rendezvous.addGroup(GROUP);
    bed.up(bed.accept('tcp', 5), 5);
    bed.neighbours.set(GROUP, 1);
    bed.up(bed.dialled('udp'), 2);
    expect(bed.contacts).toEqual(['7 5', '7 2']);
    bed.lose(2);
    bed.up(bed.accept('tcp', 6), 6);
    expect(bed.contacts).toEqual(['7 5', '7 2']);
  });

  test('asks who answers at a bootstrap address, though others have come meanwhile: they may know nobody else', () => {
    const bed = new Bed([udpOf(2)]);
    bed.rendezvous.addGroup(GROUP);
    bed.neighbours.set(GROUP, 1);
    bed.up(bed.dialled('udp'), 2);
    expect(bed.contacts).toEqual(['7 2']);
  });

  test('says each time that nobody answered, with the reason and the next wait, which doubles up to the limit', () => {
    const bed = new Bed([udpOf(2)], { bootstrapRetryMaxMs: 4000 });
    bed.rendezvous.addGroup(GROUP);
    bed.failFor(60_000);
    expect(bed.retries.slice(0, 6).map(({ inMs }) => inMs)).toEqual([500, 1000, 2000, 4000, 4000, 4000]);
    expect(bed.retries[0]).toEqual({ addresses: [udpOf(2)], reason: `${udpOf(2)}: unreachable`, inMs: 500 });
    // The waits are jittered by a half at most.
    expect(bed.dials.length).toBeGreaterThan(60_000 / 6000);
    expect(bed.dials.length).toBeLessThan(6 + 60_000 / 2000 + 60_000 / 5000);
  });

  test('stops when it has neighbours, and says nothing more', () => {
    const bed = new Bed([udpOf(2)]);
    bed.rendezvous.addGroup(GROUP);
    bed.failFor(100);
    bed.up(bed.udp.dialled.find(({ state }) => state === 'opening') ?? bed.udp.dial(parseAddress(udpOf(2), 'test')), 2);
    bed.neighbours.set(GROUP, 1);
    const dials = bed.dials.length;
    bed.failFor(60_000);
    expect([bed.dials.length - dials, bed.retries.length]).toEqual([0, 0]);
  });

  test('joins through a peer that is linked for another group, without dialling anew', () => {
    const bed = new Bed([udpOf(2)]);
    bed.accept('udp', 3);
    bed.rendezvous.addGroup(GROUP);
    expect([bed.contacts, bed.dials]).toEqual([['7 3'], []]);
  });

  test('tries all its bootstrap addresses after a while, where there are many', () => {
    const all = Array.from({ length: 8 }, (_, i) => udpOf(i + 2));
    const bed = new Bed(all);
    bed.rendezvous.addGroup(GROUP);
    bed.failFor(120_000);
    expect(new Set(bed.dials)).toEqual(new Set(all));
  });

  test('tries again when its last neighbour has left without any link failing', () => {
    const bed = new Bed([udpOf(2)]);
    bed.rendezvous.addGroup(GROUP);
    const link = bed.up(bed.dialled('udp'), 2);
    bed.neighbours.set(GROUP, 1);
    bed.failFor(5000);
    // The neighbour says good-bye to the group; the idle link is closed later.
    bed.neighbours.set(GROUP, 0);
    bed.down(link, 'closed');
    bed.failFor(60_000);
    expect(bed.dials.length).toBeGreaterThan(1);
  });

  test('keeps its backoff while links to other peers fail in vain', () => {
    const bed = new Bed([udpOf(2)]);
    bed.rendezvous.addGroup(GROUP);
    bed.failFor(60_000);
    const before = bed.dials.length;
    // A protocol asks a dead peer every second, as HyParView does a contact.
    const dead = bed.known(9);
    for (let i = 0; i < 30; i++) {
      bed.send(dead, 'join');
      bed.failFor(1000);
    }
    const bootstraps = bed.udp.dialled.filter(({ remote }) => remote.host === '10.0.0.2').length;
    expect(bootstraps - before).toBeLessThan(6);
  });

  test('is not kept from trying by strangers whose links fail all the time', () => {
    const bed = new Bed([udpOf(2)]);
    bed.rendezvous.addGroup(GROUP);
    bed.failDials();
    for (let i = 0; i < 200; i++) {
      bed.down(bed.accept('tcp', 100 + (i % 100)), 'protocol-error');
      bed.failFor(50);
    }
    expect(bed.udp.dialled.filter(({ remote }) => remote.host === '10.0.0.2').length).toBeGreaterThan(3);
  });

  test('gives up an address that is its own', () => {
    const bed = new Bed([udpOf(1)]);
    bed.rendezvous.addGroup(GROUP);
    bed.up(bed.dialled('udp'), 1);
    bed.failFor(60_000);
    expect(bed.dials).toEqual([udpOf(1)]);
  });
});

describe('a group of a given graph', () => {
  test('reaches each of its members, whoever dialled, and dials one again that is lost', () => {
    const bed = new Bed([]);
    bed.rendezvous.addGroup(GROUP, [udpOf(2), udpOf(3)].map((text) => parseAddress(text, 'test')));
    expect(bed.dials).toEqual([udpOf(2), udpOf(3)]);
    bed.up(bed.dialled('udp', 0), 2);
    bed.up(bed.dialled('udp', 1), 3);
    expect(bed.contacts).toEqual(['7 2', '7 3']);
    bed.links.want(bed.known(3));
    bed.lose(3);
    bed.failFor(1000);
    expect(bed.dials.slice(2).every((text) => text === udpOf(3))).toBe(true);
    expect(bed.dials.length).toBeGreaterThan(2);
    bed.up(bed.dialled('udp', bed.udp.dialled.length - 1), 3);
  });

  test('takes a neighbour that had dialled it already', () => {
    const bed = new Bed([]);
    bed.accept('udp', 2);
    bed.rendezvous.addGroup(GROUP, [parseAddress(udpOf(2), 'test')]);
    expect([bed.dials, bed.contacts]).toEqual([[], ['7 2']]);
  });
});

describe('after a partition', () => {
  test('one lost peer is tried now and then, and joined through when it answers', () => {
    const bed = new Bed([]);
    bed.rendezvous.addGroup(GROUP);
    bed.links.want(bed.known(2));
    bed.up(bed.dialled('udp'), 2);
    bed.neighbours.set(GROUP, 3);
    bed.lose(2);
    bed.links.unwant(bed.known(2));
    bed.contacts.length = 0;
    bed.failFor(15_001);
    const tries = bed.udp.dialled.length - 1;
    expect(tries).toBeGreaterThan(0);
    bed.clock.advance(15_001);
    bed.up(bed.dialled('udp', bed.udp.dialled.length - 1), 2);
    expect(bed.contacts).toEqual(['7 2']);
  });

  test('a bootstrap address that nobody had answered at leads the two sides together', () => {
    const bed = new Bed([udpOf(2), udpOf(3)]);
    bed.rendezvous.addGroup(GROUP);
    bed.up(bed.udp.dialled.find(({ remote }) => remote.host === '10.0.0.2') ?? bed.dialled('udp'), 2);
    bed.failDials();
    bed.neighbours.set(GROUP, 1);
    bed.contacts.length = 0;
    bed.clock.advance(15_001);
    const again = bed.udp.dialled.filter(({ remote, state }) => remote.host === '10.0.0.3' && state === 'opening').at(-1);
    expect(again).toBeDefined();
    if (again !== undefined) bed.up(again, 3);
    expect(bed.contacts).toEqual(['7 3']);
  });

  test.each([[9000, true], [11_000, false]])('a contact that fails %i ms after it was asked is tried again: %s', (afterMs, isTriedAgain) => {
    const bed = new Bed([udpOf(2)]);
    bed.rendezvous.addGroup(GROUP);
    bed.up(bed.dialled('udp'), 2);
    // Somebody else has let this peer in.
    bed.neighbours.set(GROUP, 1);
    bed.clock.advance(afterMs);
    bed.lose(2);
    bed.failFor(60_000);
    expect(bed.dials.length > 1).toBe(isTriedAgain);
  });

  test('strangers that come and fail do not make it forget whom it lost', () => {
    const bed = new Bed([]);
    bed.rendezvous.addGroup(GROUP);
    bed.links.want(bed.known(2));
    bed.up(bed.dialled('udp'), 2);
    bed.neighbours.set(GROUP, 3);
    bed.lose(2);
    bed.links.unwant(bed.known(2));
    for (let n = 10; n < 110; n++) bed.down(bed.accept('tcp', n), 'protocol-error');
    const before = bed.dials.length;
    bed.failFor(200_000);
    expect(bed.dials.slice(before).filter((text) => text === udpOf(2)).length).toBeGreaterThan(0);
  });

  test('nothing happens any more once it is closed', () => {
    const bed = new Bed([udpOf(2)]);
    bed.rendezvous.addGroup(GROUP);
    bed.failDials();
    bed.rendezvous.close();
    bed.failFor(120_000);
    expect([bed.dials, bed.retries]).toEqual([[udpOf(2)], []]);
  });
});
