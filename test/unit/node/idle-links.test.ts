import { describe, expect, test } from 'vitest';
import { type FakeLink, LinkBed } from './link-bed.ts';

/** A link to peer `n` that was dialled here, for a frame. */
function dialled(bed: LinkBed, n: number): FakeLink {
  bed.send(bed.known(n), 'x');
  const link = bed.udp.dialled.at(-1);
  if (link === undefined) throw new Error('it was dialled');
  return bed.up(link, n);
}

/** The transport hears a keep-alive every 5 s. */
function passWithKeepAlives(bed: LinkBed, ms: number, ...links: readonly FakeLink[]): void {
  for (let passed = 0; passed < ms; passed += 5000) {
    bed.clock.advance(Math.min(5000, ms - passed));
    for (const link of links) link.heardMs = bed.clock.nowMs();
  }
}

describe('a link that no protocol wants', () => {
  test('is closed when no frame went over it for idleLinkMs, whatever keeps it alive, and nobody is told', () => {
    const bed = new LinkBed();
    const [idle, wanted] = [dialled(bed, 2), dialled(bed, 3)];
    bed.links.want(bed.known(3));
    bed.take();
    passWithKeepAlives(bed, 15_000, idle, wanted);
    bed.links.sweep();
    expect([idle.state, wanted.state]).toEqual(['up', 'up']);
    bed.clock.advance(1);
    bed.links.sweep();
    expect([idle.state, wanted.state, bed.take()]).toEqual(['closed', 'up', []]);
  });

  test('is left longer to the end that dialled it, which may want it', () => {
    const bed = new LinkBed();
    const link = bed.accept('udp', 2);
    passWithKeepAlives(bed, 60_000, link);
    bed.links.sweep();
    expect(link.state).toBe('up');
    bed.clock.advance(1);
    bed.links.sweep();
    expect(link.state).toBe('closed');
  });

  test.each(['in', 'out'])('is in use while frames go %s', (way) => {
    const bed = new LinkBed();
    const link = dialled(bed, 2);
    for (let i = 0; i < 4; i++) {
      passWithKeepAlives(bed, 10_000, link);
      if (way === 'in') bed.links.onFrame(link, Buffer.from('x'));
      else bed.send(bed.known(2), 'x');
      bed.links.sweep();
    }
    expect(link.state).toBe('up');
  });

  test('one that is unwanted as often as it was wanted is idle from then on', () => {
    const bed = new LinkBed();
    const peer = bed.known(2);
    bed.links.want(peer);
    bed.links.want(peer);
    const link = bed.up(bed.dialled('udp'), 2);
    bed.links.unwant(peer);
    bed.clock.advance(60_000);
    bed.links.sweep();
    expect([link.state, bed.links.isWanted(peer)]).toEqual(['up', true]);
    bed.links.unwant(peer);
    bed.links.unwant(peer);
    bed.links.sweep();
    expect([link.state, bed.links.isWanted(peer)]).toEqual(['up', false]);
    bed.clock.advance(15_001);
    bed.links.sweep();
    expect(link.state).toBe('closed');
  });

  test('makes room, the one unused longest first, whatever keeps it alive', () => {
    const bed = new LinkBed({ linksMax: 4 });
    const links = [2, 3, 4].map((n) => {
      bed.clock.advance(1);
      return bed.accept('udp', n);
    });
    for (const link of links) link.heardMs = 100 - link.heardMs;
    bed.send(bed.known(5), 'a');
    expect(links.map(({ state }) => state)).toEqual(['closed', 'up', 'up']);
  });
});
