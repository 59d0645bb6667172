import { describe, expect, test } from 'vitest';
import { groupConfig } from '../../../lib/core/config.ts';
import { type PeerRef, peerRef } from '../../../lib/core/ids.ts';
import type { DataMessage, Message } from '../../../lib/core/messages.ts';
import { SilentObserver } from '../../../sim/world/observer.ts';
import { DelayPaths } from '../../../sim/world/paths.ts';
import { GROUP, World } from '../../../sim/world/world.ts';

/** Notes arrivals, losses and deliveries of payloads. */
class Watcher extends SilentObserver {
  private readonly seen: string[] = [];

  override onArrival(timeUs: number, from: PeerRef, to: PeerRef, message: Message): void {
    if (message.kind === 'data') this.seen.push(`${timeUs / 1000}: ${from}>${to} arrived`);
  }

  override onLoss(timeUs: number, from: PeerRef, to: PeerRef, message: Message, why: string): void {
    if (message.kind === 'data') this.seen.push(`${timeUs / 1000}: ${from}>${to} ${why}`);
  }

  override onDelivery(timeUs: number, peer: PeerRef, _from: PeerRef, { seq }: DataMessage): void {
    this.seen.push(`${timeUs / 1000}: ${peer} got ${seq}`);
  }

  take(): string[] {
    return this.seen.splice(0);
  }
}

const HOSTS = 3;
const PAYLOAD = new Uint8Array(10);

/** Three peers that are given each other, 10 ms apart, and flood. */
function bed(): { readonly world: World; readonly watcher: Watcher } {
  const watcher = new Watcher();
  const world = new World(pathsOf(() => 10), { seed: 1, observer: watcher, linkTimeoutMs: 1000 });
  const config = groupConfig({ overlay: 'full', dissemination: 'unicast' });
  for (let host = 0; host < HOSTS; host++) world.join(host, config, [0, 1, 2].map(peerRef));
  return { world, watcher };
}

function pathsOf(delayMs: (a: number, b: number) => number): DelayPaths {
  return new DelayPaths({ hosts: HOSTS, symmetric: true, delayMs: (a, b) => (a === b ? 0 : delayMs(a, b)) });
}

describe('faults of the network', () => {
  test('a partition loses what is sent while it lasts, and answers how many packets', () => {
    const { world, watcher } = bed();
    const begun = world.beginFault({ kind: 'partition', sides: [[0], [1]] }, 100);
    expect([world.reaches(0, 1), world.reaches(0, 2)]).toEqual([false, true]);
    world.publish(0, PAYLOAD);
    world.run(50);
    expect(watcher.take().filter((line) => !line.includes('>2'))).toEqual(['0: 0 got 0', '0: 0>1 unreachable', '10: 2 got 0']);
    expect(begun.affected()).toBe(1);
    begun.end();
    expect(world.reaches(0, 1)).toBe(true);
    // Sent reliably, it was sent again until then.
    world.run(5000);
    expect(watcher.take().filter((line) => line.endsWith('got 0')).map((line) => line.split(' ')[1])).toEqual(['1']);
  });

  test('a duplicate arrives twice and is delivered once', () => {
    const { world, watcher } = bed();
    world.beginFault({ kind: 'duplication', p: 1, between: { to: [1] } }, 1000);
    world.publish(0, PAYLOAD);
    world.run(500);
    const seen = watcher.take();
    expect(seen.filter((line) => line.endsWith('0>1 arrived')).length).toBe(2);
    expect(seen.filter((line) => line.endsWith('0>2 arrived')).length).toBe(1);
    expect(seen.filter((line) => line.includes('got')).sort()).toEqual(['0: 0 got 0', '10: 1 got 0', '10: 2 got 0']);
  });

  test('what is clogged comes when the fault ends, not before', () => {
    const { world, watcher } = bed();
    world.beginFault({ kind: 'clog', between: { from: [0], to: [1] } }, 300);
    world.publish(0, PAYLOAD);
    world.run(309);
    expect(watcher.take().filter((line) => line.includes('got'))).toEqual(['0: 0 got 0', '10: 2 got 0']);
    world.run(310);
    expect(watcher.take()).toEqual(['310: 0>1 arrived', '310: 1 got 0']);
  });

  test('links that are cut for as long as the link timeout fail at both ends; others stay', () => {
    const { world } = bed();
    const heard: string[] = [];
    for (let host = 0; host < HOSTS; host++) {
      const engine = world.engine(host);
      if (engine !== undefined) engine.onLinkDown = (peer, nowMs) => { heard.push(`${nowMs}: ${host} lost ${peer}`); };
    }
    for (const [owner, peer] of [[0, 1], [1, 0], [0, 2]] as const) world.openLink(peerRef(owner), peerRef(peer));
    world.beginFault({ kind: 'partition', sides: [[0], [1]] }, 60_000);
    world.run(999);
    expect(heard).toEqual([]);
    world.run(10_000);
    expect([...new Set(heard.map((line) => line.replace(/.*: /, '')))].sort()).toEqual(['0 lost 1', '1 lost 0']);
    expect(heard.slice(0, 2).sort()).toEqual(['1000: 0 lost 1', '1000: 1 lost 0']);
  });

  test('a fault that ends in time fails no link', () => {
    const { world } = bed();
    const heard: number[] = [];
    const engine = world.engine(0);
    if (engine !== undefined) engine.onLinkDown = (peer) => { heard.push(peer); };
    world.openLink(peerRef(0), peerRef(1));
    const begun = world.beginFault({ kind: 'partition', sides: [[0], [1]] }, 900);
    world.at(900, () => begun.end());
    world.run(10_000);
    expect(heard).toEqual([]);
  });

  test('routes change, and change back', () => {
    const { world, watcher } = bed();
    world.reroute(pathsOf((a, b) => (a + b === 1 ? 70 : 10)));
    world.publish(0, PAYLOAD);
    world.run(100);
    expect(watcher.take().filter((line) => line.includes('got'))).toEqual(['0: 0 got 0', '10: 2 got 0', '70: 1 got 0']);
    world.reroute();
    world.publish(0, PAYLOAD);
    world.run(200);
    expect(watcher.take().filter((line) => line.includes('got'))).toEqual(['100: 0 got 1', '110: 1 got 1', '110: 2 got 1']);
  });
});

describe('faults of peers', () => {
  test('one that stands still gets its messages when it goes on, in order', () => {
    const { world, watcher } = bed();
    world.pause(1, 200);
    world.publish(0, PAYLOAD);
    world.at(20, () => void world.publish(0, PAYLOAD));
    world.run(1000);
    expect(watcher.take().filter((line) => line.includes('1 got'))).toEqual(['200: 1 got 0', '200: 1 got 1']);
    expect([world.delayedInputs(1), world.delayedInputs(2)]).toEqual([2, 0]);
  });

  test('one that is slow takes one after the other', () => {
    const { world, watcher } = bed();
    world.slow(1, 50);
    for (let seq = 0; seq < 3; seq++) world.publish(0, PAYLOAD);
    world.run(1000);
    expect(watcher.take().filter((line) => line.includes('1 got'))).toEqual(['10: 1 got 0', '60: 1 got 1', '110: 1 got 2']);
    world.slow(1, 0);
    world.publish(0, PAYLOAD);
    world.run(2000);
    expect(watcher.take().filter((line) => line.includes('1 got'))).toEqual(['1010: 1 got 3']);
  });

  test('one whose clock is fast sees its own time, and its timers come sooner', () => {
    const { world } = bed();
    const timers: string[] = [];
    for (const host of [0, 1]) {
      const engine = world.engine(host);
      if (engine !== undefined) engine.onTimer = (_timer, nowMs) => { timers.push(`${world.nowMs}: ${host} at ${nowMs}`); };
    }
    world.setClockRate(1, 2);
    for (const host of [0, 1]) world.setTimer(peerRef(host), { kind: 'shuffle', group: GROUP, session: 0 }, 100);
    world.run(1000);
    expect(timers).toEqual(['50: 1 at 100', '100: 0 at 100']);
    expect([world.localMs(0), world.localMs(1)]).toEqual([1000, 2000]);
  });
});

test('a world that is stopped handles nothing any more, in the midst of a run too', () => {
  const { world, watcher } = bed();
  world.publish(0, PAYLOAD);
  world.at(5, () => world.stop());
  world.run(1000);
  expect([watcher.take(), world.nowMs]).toEqual([['0: 0 got 0'], 1000]);
  world.runUntilIdle();
  expect(watcher.take()).toEqual([]);
});
