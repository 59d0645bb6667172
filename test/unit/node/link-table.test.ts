import { describe, expect, test } from 'vitest';
import { parseAddress } from '../../../lib/transport/address.ts';
import { FakeLink, LinkBed, tcpOf, udpOf } from './link-bed.ts';

describe('opening a link on demand', () => {
  test('dials the preferred address once, keeps what is sent meanwhile, and sends it in order', () => {
    const bed = new LinkBed();
    const peer = bed.known(2);
    expect([bed.send(peer, 'a'), bed.send(peer, 'b', 'control')]).toEqual([true, true]);
    expect(bed.dials).toEqual([udpOf(2)]);
    const link = bed.up(bed.dialled('udp'), 2);
    expect(link.sent).toEqual(['a', 'control:b']);
    expect(bed.take()).toEqual(['up 2']);
    bed.send(peer, 'c');
    expect(link.sent).toEqual(['a', 'control:b', 'c']);
  });

  test('falls back to the second address, and tells that a peer is down when all have failed, not from within the call', () => {
    const bed = new LinkBed();
    const peer = bed.known(2);
    bed.send(peer, 'a');
    bed.down(bed.dialled('udp'), 'unreachable');
    expect(bed.dials).toEqual([udpOf(2), tcpOf(2)]);
    bed.down(bed.dialled('tcp'), 'handshake-timeout');
    expect(bed.take()).toEqual([]);
    bed.clock.advance(0);
    expect(bed.take()).toEqual(['down 2 handshake-timeout']);
    expect(bed.links.counters).toMatchObject({ dialled: 2, waitingDropped: 1 });
  });

  test('sends what waits over the fallback', () => {
    const bed = new LinkBed();
    bed.send(bed.known(2), 'a');
    bed.down(bed.dialled('udp'), 'unreachable');
    expect(bed.up(bed.dialled('tcp'), 2).sent).toEqual(['a']);
    expect(bed.take()).toEqual(['up 2']);
  });

  test('tries TCP first where that is asked for', () => {
    const bed = new LinkBed({ dialFirst: 'tcp' });
    bed.send(bed.known(2), 'a');
    bed.down(bed.dialled('tcp'), 'unreachable');
    expect([...bed.tcp.dialled, ...bed.udp.dialled].map(({ transport }) => transport)).toEqual(['tcp', 'udp']);
  });

  test('reports a peer without addresses as unreachable, later and once', () => {
    const bed = new LinkBed();
    const peer = bed.known(2, []);
    bed.send(peer, 'a');
    bed.send(peer, 'b');
    expect(bed.take()).toEqual([]);
    bed.clock.advance(0);
    expect(bed.take()).toEqual(['down 2 unreachable']);
    bed.clock.advance(60_000);
    expect(bed.take()).toEqual([]);
  });

  test('keeps a bounded number of bytes and of frames waiting, and one frame always', () => {
    const bed = new LinkBed({ queueBytesMax: 10 });
    const [large, many] = [bed.known(2), bed.known(3)];
    expect([bed.send(large, 'x'.repeat(50)), bed.send(large, 'y')]).toEqual([true, false]);
    expect(bed.links.counters.waitingDropped).toBe(1);
    const wide = new LinkBed({ queueBytesMax: 1_000_000 });
    const peer = wide.known(2);
    const taken = Array.from({ length: 1500 }, () => wide.send(peer, 'z')).filter(Boolean).length;
    expect([taken, wide.links.counters.waitingDropped]).toEqual([1024, 476]);
    expect(bed.send(many, 'x')).toBe(true);
  });

  test('looks elsewhere when somebody else answers where the peer was', () => {
    const bed = new LinkBed();
    const peer = bed.known(2);
    bed.send(peer, 'a');
    const link = bed.up(bed.dialled('udp'), 3);
    expect(bed.take()).toEqual(['up 3']);
    expect(link.sent).toEqual([]);
    expect(bed.up(bed.dialled('tcp'), 2).sent).toEqual(['a']);
    expect(bed.take()).toEqual(['up 2']);
    expect([bed.links.isUp(peer), bed.links.isUp(bed.known(3))]).toEqual([true, true]);
  });
});

describe('dialling an address', () => {
  test('tells who answers, or that nobody does', () => {
    const bed = new LinkBed();
    bed.links.dial(parseAddress(udpOf(2), 'test'));
    bed.links.dial(parseAddress(tcpOf(3), 'test'));
    bed.up(bed.dialled('udp'), 2);
    bed.down(bed.dialled('tcp'), 'unreachable');
    expect(bed.take()).toEqual([`up 2 by ${udpOf(2)}`, `failed ${tcpOf(3)} unreachable`]);
  });

  test('does not dial who is linked already', () => {
    const bed = new LinkBed();
    bed.accept('udp', 2);
    bed.links.dial(parseAddress(tcpOf(2), 'test'));
    expect(bed.take()).toEqual(['up 2', `up 2 by ${tcpOf(2)}`]);
    expect(bed.dials).toEqual([]);
  });

  test('resolves a name, and tells under the name', async () => {
    const bed = new LinkBed();
    bed.names.set('seed.example', Promise.resolve(['10.0.0.2']));
    bed.links.dial(parseAddress('udp://seed.example:7000', 'test'));
    bed.links.dial(parseAddress('udp://nobody.example:7000', 'test'));
    await new Promise((resolve) => setImmediate(resolve));
    expect(bed.dials).toEqual([udpOf(2)]);
    bed.up(bed.dialled('udp'), 2);
    expect(bed.take()).toEqual(['failed udp://nobody.example:7000 unreachable', 'up 2 by udp://seed.example:7000']);
  });

  test('tries the hosts of a name one after the other', async () => {
    const bed = new LinkBed();
    bed.names.set('seed.example', Promise.resolve(['10.0.0.2', '10.0.0.3', '10.0.0.4']));
    bed.links.dial(parseAddress('udp://seed.example:7000', 'test'));
    await new Promise((resolve) => setImmediate(resolve));
    bed.down(bed.dialled('udp'), 'unreachable');
    expect([bed.dials, bed.take()]).toEqual([[udpOf(2), udpOf(3)], []]);
    bed.up(bed.dialled('udp', 1), 3);
    expect([bed.dials.length, bed.take()]).toEqual([2, ['up 3 by udp://seed.example:7000']]);
    bed.links.dial(parseAddress('tcp://seed.example:7000', 'test'));
    await new Promise((resolve) => setImmediate(resolve));
    for (const link of bed.tcp.dialled) bed.down(link, 'unreachable');
    expect(bed.take()).toEqual(['up 3 by tcp://seed.example:7000']);
  });

  test('finds out that an address is its own', () => {
    const bed = new LinkBed();
    bed.links.dial(parseAddress(udpOf(9), 'test'));
    const link = bed.up(bed.dialled('udp'), 1);
    expect(bed.take()).toEqual([`failed ${udpOf(9)} own-address`]);
    expect([link.state, bed.links.counters.ownHello]).toEqual(['closed', 1]);
  });

  test('closes a link whose hello makes no sense, and hears no frames over it', () => {
    const bed = new LinkBed();
    const link = new FakeLink({ transport: 'tcp', host: '10.0.0.2', port: 5 }, false);
    link.hello = Uint8Array.of(1, 2, 3);
    bed.links.onLinkUp(link);
    bed.links.onFrame(link, Buffer.from('x'));
    bed.links.onDrain(link);
    expect(bed.take()).toEqual([]);
    expect([link.state, bed.links.counters.badHello]).toEqual(['closed', 1]);
  });

  test('dials an address again only when it knows what became of the first time', () => {
    const bed = new LinkBed();
    for (let i = 0; i < 3; i++) bed.links.dial(parseAddress(udpOf(2), 'test'));
    expect(bed.dials).toEqual([udpOf(2)]);
  });
});

describe('two links to one peer', () => {
  test.each([[2, 'dialled'], [0, 'accepted']] as const)('when both dial at once, towards peer %i the one %s is kept', (other, kept) => {
    const bed = new LinkBed();
    const peer = bed.known(other);
    bed.send(peer, 'a');
    const links = { accepted: bed.accept('udp', other), dialled: bed.up(bed.dialled('udp'), other) };
    expect({ accepted: links.accepted.state, dialled: links.dialled.state }).toEqual({ accepted: 'closed', dialled: 'closed', [kept]: 'up' });
    expect(bed.take()).toEqual([`up ${other}`]);
    bed.send(peer, 'b');
    expect(links[kept].sent.at(-1)).toBe('b');
    expect(bed.links.counters.doubles).toBe(1);
  });

  test('both ends keep the same one, whichever comes up first at either', () => {
    for (const order of [[0, 0], [0, 1], [1, 0], [1, 1]]) {
      const ends = [new LinkBed({}, 1), new LinkBed({}, 2)] as const;
      const kept = ends.map((end, at) => {
        const other = 2 - at;
        end.links.want(end.known(other));
        const ups = [(): FakeLink => end.up(end.dialled('udp'), other), (): FakeLink => end.accept('udp', other)];
        const links = order[at] === 0 ? ups.map((up) => up()) : ups.reverse().map((up) => up()).reverse();
        return links.map(({ state }) => state);
      });
      expect({ order, kept }).toEqual({ order, kept: [['up', 'closed'], ['closed', 'up']] });
    }
  });

  test('frames that are under way on the one let go still come in', () => {
    const bed = new LinkBed();
    bed.send(bed.known(2), 'a');
    const accepted = bed.accept('udp', 2);
    bed.up(bed.dialled('udp'), 2);
    bed.links.onFrame(accepted, Buffer.from('late'));
    expect(bed.take()).toEqual(['up 2', 'frame 2 late']);
  });

  /** Two links dialled by peer 1 come up in different orders at both ends, as they do where packets are lost. */
  test('both ends keep a link in common when one end dialled twice', () => {
    const [one, two] = [new LinkBed({}, 1), new LinkBed({}, 2)];
    one.links.dial(parseAddress(udpOf(2), 'test'));
    one.links.want(one.known(2));
    const [a, b] = [one.udp.dialled[0], one.udp.dialled[1]];
    // There may be one dial only: then there is nothing to choose.
    if (a === undefined || b === undefined) return;
    const far = [a, b].map(() => new FakeLink({ transport: 'udp', host: '10.0.0.1', port: 50_000 }, false)) as [FakeLink, FakeLink];
    one.up(a, 2);
    one.up(b, 2);
    two.up(far[1], 1);
    two.up(far[0], 1);
    // What one end closed, the other hears of.
    [a, b].forEach((near, i) => {
      const other = far[i] as FakeLink;
      const [nearClosed, farClosed] = [near.state === 'closed', other.state === 'closed'];
      if (nearClosed && !farClosed) two.down(other, 'closed');
      if (farClosed && !nearClosed) one.down(near, 'closed');
    });
    expect([one.links.isUp(one.known(2)), two.links.isUp(two.known(1))]).toEqual([true, true]);
  });

  test('of different transports are both kept; the peer is down when both are', () => {
    const bed = new LinkBed();
    const peer = bed.known(2);
    bed.links.want(peer);
    const [udp, tcp] = [bed.up(bed.dialled('udp'), 2), bed.accept('tcp', 2)];
    expect(bed.links.up(peer)).toEqual([udp, tcp]);
    bed.down(udp, 'timeout');
    expect(bed.take()).toEqual(['up 2']);
    bed.down(tcp, 'timeout');
    expect(bed.take()).toEqual(['down 2 timeout']);
  });
});

describe('choosing a transport for a frame', () => {
  const large = 'x'.repeat(100);

  test('opens TCP for the first large frame, which still goes by UDP, and uses it from then on', () => {
    const bed = new LinkBed();
    const peer = bed.known(2);
    const udp = bed.accept('udp', 2);
    bed.send(peer, large);
    bed.send(peer, large);
    expect([udp.sent, bed.dials]).toEqual([[large, large], [tcpOf(2)]]);
    const tcp = bed.up(bed.dialled('tcp'), 2);
    bed.send(peer, large);
    bed.send(peer, 'small');
    expect([tcp.sent, udp.sent.at(-1)]).toEqual([[large], 'small']);
    expect(bed.take()).toEqual(['up 2']);
  });

  test('tries TCP again where it failed, after a wait that doubles', () => {
    const bed = new LinkBed();
    const peer = bed.known(2);
    bed.accept('udp', 2);
    const dialsAt = (ms: number): number => {
      bed.clock.advance(ms - bed.clock.nowMs());
      bed.send(peer, large);
      const { length } = bed.tcp.dialled;
      bed.tcp.dialled.filter(({ state }) => state === 'opening').forEach((link) => bed.down(link, 'unreachable'));
      return length;
    };
    expect([0, 249, 250, 749, 750, 1749, 1750].map(dialsAt)).toEqual([1, 1, 2, 2, 3, 3, 4]);
    bed.clock.advance(2000);
    bed.send(peer, large);
    bed.down(bed.up(bed.dialled('tcp', 4), 2), 'timeout');
    expect(bed.take()).toEqual(['up 2']);
    const upAgainMs = bed.clock.nowMs();
    expect([0, 249, 250].map((ms) => dialsAt(upAgainMs + ms))).toEqual([6, 6, 7]);
  });

  test.each(['udp', 'tcp'] as const)('prefers %s for all where that is asked for', (prefer) => {
    const bed = new LinkBed({ prefer });
    const peer = bed.known(2);
    const links = { udp: bed.accept('udp', 2), tcp: bed.accept('tcp', 2) };
    for (const text of ['small', large]) bed.send(peer, text);
    expect({ udp: links.udp.sent, tcp: links.tcp.sent }).toEqual({ udp: [], tcp: [], [prefer]: ['small', large] });
  });

  test('asking how full a queue is opens nothing', () => {
    const bed = new LinkBed();
    const peer = bed.known(2);
    bed.accept('udp', 2);
    bed.links.hasRoom(peer, 1000, 500);
    expect(bed.dials).toEqual([]);
  });
});

describe('closing links', () => {
  test('when the other end closes what nobody here wants, that is no failure', () => {
    const bed = new LinkBed();
    bed.down(bed.accept('udp', 2), 'closed');
    expect(bed.take()).toEqual(['up 2']);
  });

  test('when the other end closes what is wanted here, the peer is down, and can be opened again', () => {
    const bed = new LinkBed();
    const peer = bed.known(2);
    bed.links.want(peer);
    bed.down(bed.up(bed.dialled('udp'), 2), 'closed');
    expect(bed.take()).toEqual(['up 2', 'down 2 closed']);
    bed.send(peer, 'a');
    expect(bed.up(bed.dialled('udp', 1), 2).sent).toEqual(['a']);
  });

  test('a peer that is given up loses all its links, and its late frames are not heard', () => {
    const bed = new LinkBed();
    const peer = bed.known(2);
    bed.links.want(peer);
    const [udp, tcp] = [bed.up(bed.dialled('udp'), 2), bed.accept('tcp', 2)];
    bed.links.fail(peer, 'timeout');
    bed.links.onFrame(udp, Buffer.from('late'));
    bed.links.onLinkDown(tcp, 'closed');
    expect([udp.state, tcp.state, bed.take()]).toEqual(['closed', 'closed', ['up 2', 'down 2 timeout']]);
  });

  test('at three quarters of linksMax the unwanted link unused longest makes room', () => {
    const bed = new LinkBed({ linksMax: 4 });
    const links = [2, 3, 4].map((n) => {
      bed.clock.advance(1);
      return bed.accept('udp', n);
    });
    bed.links.want(bed.known(2));
    bed.send(bed.known(5), 'a');
    expect(links.map(({ state }) => state)).toEqual(['up', 'closed', 'up']);
    expect(bed.links.counters.evicted).toBe(1);
  });

  test('a large frame does not cost the peer that it goes to its only link', () => {
    const bed = new LinkBed({ linksMax: 4 });
    for (const n of [2, 3, 4]) bed.accept('udp', n);
    for (const n of [2, 3]) bed.links.want(bed.known(n));
    const peer = bed.known(4);
    expect(bed.send(peer, 'x'.repeat(100))).toBe(true);
    expect(bed.links.isUp(peer)).toBe(true);
  });

  test('once it is closed it opens and tells nothing', () => {
    const bed = new LinkBed();
    const link = bed.accept('udp', 2);
    bed.take();
    bed.links.close();
    bed.links.onFrame(link, Buffer.from('x'));
    bed.links.onLinkDown(link, 'closed');
    bed.links.dial(parseAddress(udpOf(3), 'test'));
    bed.accept('udp', 4);
    expect([bed.take(), bed.dials]).toEqual([[], []]);
  });
});

describe('a peer whose links fail again and again', () => {
  /** Four failures. */
  const flap = (bed: LinkBed, fail: (link: FakeLink) => void): void => {
    for (let i = 0; i < 4; i++) {
      const link = bed.accept('udp', 2);
      bed.links.want(bed.known(2));
      fail(link);
      bed.links.unwant(bed.known(2));
    }
    bed.take();
  };

  const expectLeftAlone = (bed: LinkBed): void => {
    const peer = bed.known(2);
    expect(bed.accept('udp', 2).state).toBe('closed');
    bed.send(peer, 'a');
    bed.clock.advance(0);
    expect([bed.dials, bed.take(), bed.links.counters.damped]).toEqual([[], ['down 2 unreachable'], 2]);
  };

  test('is left alone for a while, whoever dials', () => {
    const bed = new LinkBed();
    flap(bed, (link) => bed.down(link, 'timeout'));
    expectLeftAlone(bed);
    bed.clock.advance(60_001);
    expect(bed.accept('udp', 2).state).toBe('up');
  });

  test('is refused where its address is dialled, which is no error of the protocol', () => {
    const bed = new LinkBed();
    flap(bed, (link) => bed.down(link, 'timeout'));
    bed.links.dial(parseAddress(udpOf(2), 'test'));
    expect(bed.up(bed.dialled('udp'), 2).state).toBe('closed');
    expect(bed.take()).toEqual([`failed ${udpOf(2)} refused`]);
  });

  test('is left alone also where the failure detector finds it out', () => {
    const bed = new LinkBed();
    flap(bed, () => bed.links.fail(bed.known(2), 'timeout'));
    expectLeftAlone(bed);
  });

  test('is not left alone for closing', () => {
    const bed = new LinkBed();
    flap(bed, (link) => bed.down(link, 'closed'));
    expect(bed.accept('udp', 2).state).toBe('up');
  });
});
