import { beforeEach, describe, expect, test } from 'vitest';
import { OverlayError } from '../../../lib/core/errors.ts';
import { type PeerRef, peerRef } from '../../../lib/core/ids.ts';
import { type Published, Publisher, type PublisherNeeds } from '../../../lib/node/publisher.ts';
import { VirtualClock } from '../../../sim/stack/virtual-clock.ts';

const LIMIT = 1000;
const [X, Y] = [peerRef(1), peerRef(2)];

/** A group whose neighbours' queues hold what the test says, in bytes; turns of the event loop are the test's, too. */
class Bed implements PublisherNeeds {
  readonly clock = new VirtualClock();
  readonly timeoutMs = 1000;
  readonly queues = new Map<PeerRef, number>([[X, 0], [Y, 0]]);
  readonly published: string[] = [];
  readonly publisher = new Publisher(this);
  /** How each call ended, by its text, and when. */
  readonly ends: string[] = [];
  room = true;
  /** What a message adds to each queue. */
  adds = 0;
  private turns: (() => void)[] = [];

  constructor() {
    this.publisher.onNeighbourUp();
  }

  neighbours(): readonly PeerRef[] {
    return [...this.queues.keys()];
  }

  hasRoom(peer: PeerRef, bytes: number, share: number): boolean {
    const queued = this.queues.get(peer) ?? 0;
    return queued === 0 || queued + bytes <= share * LIMIT;
  }

  takesMore(): boolean {
    return this.room;
  }

  publish(data: Uint8Array): Published {
    if (this.queues.size === 0) throw new OverlayError('NO_NEIGHBOURS', 'none');
    this.published.push(new TextDecoder().decode(data));
    for (const [peer, queued] of this.queues) this.queues.set(peer, queued + this.adds);
    return { id: '', sentTo: 0 };
  }

  afterTurn(run: () => void): void {
    this.turns.push(run);
  }

  /** The event loop turns. */
  async turn(): Promise<void> {
    for (const run of this.turns.splice(0)) run();
    await settled();
  }

  async pass(ms: number): Promise<void> {
    for (let i = 0; i < ms; i += 10) {
      this.clock.advance(10);
      await settled();
    }
  }

  call(text: string, signal?: AbortSignal): void {
    const told = (how: string): void => void this.ends.push(`${text} ${how} at ${this.clock.nowMs()}`);
    void (async () => this.publisher.publish(new TextEncoder().encode(text), signal))().then(
      () => told('published'),
      (error: unknown) => told(error instanceof OverlayError ? error.code : String(error)),
    );
  }
}

async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

let bed: Bed;
beforeEach(() => { bed = new Bed(); });

describe('calls that are awaited one after the other', () => {
  test('leave the event loop its turn though no queue fills', async () => {
    let going = true;
    const loop = (async () => { while (going) await bed.publisher.publish(new Uint8Array(1), undefined); })();
    await settled();
    await settled();
    for (let i = 0; i < 50; i++) await settled();
    expect(bed.published.length).toBe(64);
    await bed.turn();
    for (let i = 0; i < 50; i++) await settled();
    expect(bed.published.length).toBe(128);
    going = false;
    await bed.turn();
    await loop;
  });

  test('that are large leave it after fewer', async () => {
    for (let i = 0; i < 3; i++) await bed.publisher.publish(new Uint8Array(100_000), undefined);
    const next = bed.publisher.publish(new Uint8Array(1), undefined);
    await settled();
    expect(bed.published.length).toBe(3);
    await bed.turn();
    await next;
    expect(bed.published.length).toBe(4);
  });
});

describe('a neighbour without room', () => {
  test('is waited for until it has some', async () => {
    bed.queues.set(X, 600);
    bed.call('a');
    await bed.pass(300);
    expect(bed.ends).toEqual([]);
    bed.queues.set(X, 400);
    await bed.pass(10);
    expect([bed.ends, bed.published]).toEqual([['a published at 310'], ['a']]);
  });

  test('that was waited for in vain is passed over at once from then on, until its queue has run low', async () => {
    bed.queues.set(X, 1000);
    bed.call('a');
    await bed.pass(1000);
    bed.call('b');
    await settled();
    expect(bed.ends).toEqual(['a published at 1000', 'b published at 1000']);
    bed.queues.set(X, 300);
    bed.call('c');
    await settled();
    bed.queues.set(X, 250);
    bed.call('d');
    await settled();
    bed.queues.set(X, 1000);
    bed.call('e');
    await bed.pass(990);
    expect(bed.ends).toEqual(['a published at 1000', 'b published at 1000', 'c published at 1000', 'd published at 1000']);
    await bed.pass(10);
    expect(bed.ends.at(-1)).toBe('e published at 2000');
  });

  test('counts anew when it comes back', async () => {
    bed.queues.set(X, 1000);
    bed.call('a');
    await bed.pass(1000);
    bed.publisher.onNeighbourDown(X);
    bed.call('b');
    await bed.pass(500);
    expect(bed.ends).toEqual(['a published at 1000']);
  });

  test('when it is the only one, the call fails after its time', async () => {
    for (const peer of [X, Y]) bed.queues.set(peer, 1000);
    bed.call('a');
    await bed.pass(1000);
    expect([bed.ends, bed.published]).toEqual([['a QUEUE_FULL at 1000'], []]);
  });
});

describe('calls in parallel', () => {
  test('each fail after their own time', async () => {
    for (const peer of [X, Y]) bed.queues.set(peer, 1000);
    bed.call('a');
    bed.call('b');
    await bed.pass(500);
    bed.call('c');
    await bed.pass(1500);
    expect(bed.ends).toEqual(['a QUEUE_FULL at 1000', 'b QUEUE_FULL at 1000', 'c QUEUE_FULL at 1500']);
  });

  test('end at once when their signal aborts, wherever they stand', async () => {
    for (const peer of [X, Y]) bed.queues.set(peer, 1000);
    const aborted = new AbortController();
    bed.call('a');
    bed.call('b', aborted.signal);
    await bed.pass(300);
    aborted.abort('enough');
    await settled();
    expect(bed.ends).toEqual(['b enough at 300']);
    for (const peer of [X, Y]) bed.queues.set(peer, 0);
    await bed.pass(10);
    expect([bed.ends, bed.published]).toEqual([['b enough at 300', 'a published at 310'], ['a']]);
  });

  test('go out in their order, each when there is room', async () => {
    bed.adds = 500;
    for (const text of ['a', 'b', 'c']) bed.call(text);
    await bed.pass(100);
    expect(bed.published).toEqual(['a']);
    for (const peer of [X, Y]) bed.queues.set(peer, 0);
    bed.publisher.check();
    await settled();
    expect(bed.published).toEqual(['a', 'b']);
    for (const peer of [X, Y]) bed.queues.set(peer, 0);
    bed.publisher.check();
    await settled();
    expect([bed.published, bed.ends.length]).toEqual([['a', 'b', 'c'], 3]);
  });

  test('are bounded', async () => {
    bed.room = false;
    for (let i = 0; i < 1025; i++) bed.call(`${i}`);
    await settled();
    expect(bed.ends).toEqual(['1024 QUEUE_FULL at 0']);
  });

  test('end with the group', async () => {
    bed.room = false;
    bed.call('a');
    bed.call('b');
    bed.publisher.end(new OverlayError('CLOSED', 'left'));
    await settled();
    expect(bed.ends).toEqual(['a CLOSED at 0', 'b CLOSED at 0']);
  });
});

describe('a dissemination that has no room', () => {
  test('is waited for, and the call fails when there is none in time', async () => {
    bed.room = false;
    bed.call('a');
    await bed.pass(500);
    bed.room = true;
    await bed.pass(10);
    bed.room = false;
    bed.call('b');
    await bed.pass(1000);
    expect([bed.ends, bed.published]).toEqual([['a published at 510', 'b QUEUE_FULL at 1510'], ['a']]);
  });
});

test('without neighbours a call fails at once where there never were any, and waits for one where there were', async () => {
  bed.queues.clear();
  bed.call('a');
  await bed.pass(500);
  expect(bed.ends).toEqual([]);
  bed.queues.set(X, 0);
  bed.publisher.onNeighbourUp();
  await settled();
  expect(bed.ends).toEqual(['a published at 500']);
  bed.queues.clear();
  bed.call('b');
  await bed.pass(1000);
  expect(bed.ends.at(-1)).toBe('b NO_NEIGHBOURS at 1500');
});

test('leaves no timer behind', async () => {
  bed.room = false;
  bed.call('a');
  await bed.pass(1000);
  expect([bed.ends, bed.clock.step()]).toEqual([['a QUEUE_FULL at 1000'], false]);
});
