import { describe, expect, test } from 'vitest';
import { LinkBed, PEERS_MAX, udpOf } from './link-bed.ts';

describe('strangers', () => {
  test('make room for each other, and never take the place of a wanted one', () => {
    const bed = new LinkBed({ linksMax: 4 });
    const wanted = bed.accept('udp', 2);
    bed.links.want(bed.known(2));
    const strangers = [3, 4, 5, 6].map((n) => {
      bed.clock.advance(1);
      return bed.accept('udp', n);
    });
    expect([wanted, ...strangers].map(({ state }) => state)).toEqual(['up', 'closed', 'closed', 'up', 'up']);
    expect(bed.links.counters.evicted).toBe(2);
  });

  test('signs of life that are no frames do not keep a link that nobody wants', () => {
    const bed = new LinkBed();
    const link = bed.accept('udp', 2);
    bed.clock.advance(60_001);
    link.heardMs = bed.clock.nowMs();
    bed.links.sweep();
    expect(link.state).toBe('closed');
  });

  test('a link that was let go brings nothing of a peer that was forgotten', () => {
    const bed = new LinkBed();
    const peer = bed.known(2);
    bed.send(peer, 'x');
    const accepted = bed.accept('udp', 2);
    const dialled = bed.up(bed.dialled('udp'), 2);
    expect([accepted.state, dialled.state]).toEqual(['closed', 'up']);
    bed.down(dialled, 'failed');
    for (let i = 0; i < PEERS_MAX; i++) bed.table.refOfId(Uint8Array.from({ length: 16 }, (_, at) => (at < 4 ? (i + 1) >>> (8 * at) : 9)));
    bed.take();
    bed.links.onFrame(accepted, Buffer.from('late'));
    expect(bed.take()).toEqual([]);
  });
});

describe('dialling peers that only others told of', () => {
  test('takes a quarter of linksMax: the one dialled longest gives way, and is down', () => {
    const bed = new LinkBed({ linksMax: 16 });
    for (let n = 2; n < 8; n++) bed.send(bed.known(n), 'x');
    expect(bed.udp.dialled.map(({ state }) => state)).toEqual(['closed', 'closed', 'opening', 'opening', 'opening', 'opening']);
    bed.clock.advance(0);
    expect([bed.take(), bed.links.counters.dialsDropped, bed.tcp.dialled.length]).toEqual([['down 2 too-many', 'down 3 too-many'], 2, 0]);
  });

  test('counts those that were wanted and are not any more, and does not touch those that are', () => {
    const bed = new LinkBed({ linksMax: 16 });
    for (let n = 2; n < 8; n++) bed.links.want(bed.known(n));
    bed.send(bed.known(8), 'x');
    expect(bed.udp.dialled.every(({ state }) => state === 'opening')).toBe(true);
    for (let n = 3; n < 7; n++) bed.links.unwant(bed.known(n));
    bed.send(bed.known(9), 'x');
    expect(bed.udp.dialled.map(({ state }) => state)).toEqual(['opening', 'closed', ...new Array<string>(6).fill('opening')]);
  });

  test('has room again for those that come up, fail or are given up', () => {
    const bed = new LinkBed({ linksMax: 16 });
    for (let n = 2; n < 6; n++) bed.send(bed.known(n, [udpOf(n)]), 'x');
    bed.up(bed.dialled('udp', 0), 2);
    bed.down(bed.dialled('udp', 1), 'unreachable');
    bed.links.fail(bed.known(4), 'timeout');
    for (let n = 6; n < 9; n++) bed.send(bed.known(n), 'x');
    expect([bed.links.counters.dialsDropped, bed.dialled('udp', 3).state]).toEqual([0, 'opening']);
    bed.send(bed.known(9), 'x');
    expect([bed.links.counters.dialsDropped, bed.dialled('udp', 3).state]).toEqual([1, 'closed']);
  });
});

describe('a peer that has started anew', () => {
  test('loses the links of its earlier incarnation, and is down before it is up', () => {
    const bed = new LinkBed();
    const peer = bed.known(2);
    bed.links.want(peer);
    const [udp, tcp] = [bed.up(bed.dialled('udp'), 2), bed.accept('tcp', 2)];
    bed.take();
    const again = bed.accept('udp', 2, 2);
    expect([udp.state, tcp.state, again.state]).toEqual(['closed', 'closed', 'up']);
    expect([bed.take(), bed.links.up(peer), bed.links.counters.restarts]).toEqual([['down 2 closed', 'up 2'], [again], 1]);
  });

  test('is not disturbed by a late link of its earlier incarnation', () => {
    const bed = new LinkBed();
    const link = bed.accept('udp', 2, 7);
    bed.take();
    const late = bed.accept('udp', 2, 6);
    expect([link.state, late.state, bed.take(), bed.links.counters.staleHello]).toEqual(['up', 'closed', [], 1]);
    bed.down(link, 'closed');
    expect(bed.accept('udp', 2, 6).state).toBe('up');
  });
});
