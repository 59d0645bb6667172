import { describe, expect, test } from 'vitest';
import { type GroupOptions, groupConfig } from '../../../lib/core/config.ts';
import type { ProtocolEvent } from '../../../lib/core/effects.ts';
import { type PeerRef, peerRef } from '../../../lib/core/ids.ts';
import type { DataMessage, Message } from '../../../lib/core/messages.ts';
import { SilentObserver } from '../../../sim/world/observer.ts';
import { DelayPaths } from '../../../sim/world/paths.ts';
import { GROUP, World, type WorldOptions } from '../../../sim/world/world.ts';

const PAYLOAD = new Uint8Array(10);

/** Every peer is `delayMs` from every other. */
function equalDelays(hosts: number, delayMs = 10): DelayPaths {
  return new DelayPaths({ hosts, symmetric: true, delayMs: (a, b) => (a === b ? 0 : delayMs) });
}

class Watcher extends SilentObserver {
  readonly seen: string[] = [];

  override onTransmission(timeUs: number, from: PeerRef, to: PeerRef, message: Message): void {
    this.note(timeUs, `${from}>${to} ${message.kind}`);
  }

  override onLoss(timeUs: number, from: PeerRef, to: PeerRef, message: Message, why: string): void {
    this.note(timeUs, `${from}>${to} ${message.kind} ${why}`);
  }

  override onDelivery(timeUs: number, peer: PeerRef, from: PeerRef, message: DataMessage): void {
    this.note(timeUs, `${peer} got ${message.origin}/${message.epoch}/${message.seq} from ${from}, hop ${message.hops}`);
  }

  override onEvent(timeUs: number, peer: PeerRef, event: ProtocolEvent): void {
    const about = event.kind === 'neighbourUp' || event.kind === 'neighbourDown' ? ` ${event.peer}` : '';
    this.note(timeUs, `${peer} ${event.kind}${about}`);
  }

  /** What was seen of these words, and forgets all. */
  take(...words: readonly string[]): string[] {
    return this.seen.splice(0).filter((line) => words.length === 0 || words.some((word) => line.includes(word)));
  }

  private note(timeUs: number, what: string): void {
    this.seen.push(`${timeUs / 1000}: ${what}`);
  }
}

function worldOf(hosts: number, more: Partial<WorldOptions> = {}): { world: World; watcher: Watcher } {
  const watcher = new Watcher();
  return { world: new World(equalDelays(hosts), { seed: 1, observer: watcher, ...more }), watcher };
}

/** Notes the link failures that the peer on `host` hears of, as it is now. */
function heardBy(world: World, host: number): string[] {
  const heard: string[] = [];
  const engine = world.engine(host);
  if (engine === undefined) throw new Error(`no peer on host ${host}`);
  const hear = engine.onLinkDown.bind(engine);
  engine.onLinkDown = (peer, nowMs, effects) => {
    heard.push(`${nowMs}: ${peer}`);
    hear(peer, nowMs, effects);
  };
  return heard;
}

/** The line 0 - 1 - ... of peers with given neighbours. */
function joinLine(world: World, hosts: number, options: GroupOptions): void {
  const config = groupConfig({ overlay: 'static', ...options });
  for (let host = 0; host < hosts; host++) world.join(host, config, [host - 1, host + 1].filter((peer) => peer >= 0 && peer < hosts).map(peerRef));
}

function views(world: World): number[][] {
  return Array.from({ length: world.peers }, (_, host) => [...(world.engine(host)?.group(GROUP)?.overlay.neighbours ?? [])].sort((x, y) => x - y));
}

/** A HyParView group in which everybody has settled. */
function mesh(hosts: number, more: Partial<WorldOptions> = {}): { world: World; watcher: Watcher } {
  const made = worldOf(hosts, more);
  for (let host = 0; host < hosts; host++) joinMesh(made.world, host);
  made.world.run(made.world.nowMs + 5000);
  made.watcher.take();
  return made;
}

const MESH = groupConfig({ overlay: { kind: 'hyparview', activeViewSize: 3 }, dissemination: 'flooding' });

function joinMesh(world: World, host: number, contact = 0): void {
  world.join(host, MESH, host === contact ? [] : [peerRef(contact)]);
  world.run(world.nowMs + 50);
}

function expectSymmetric(world: World): void {
  for (const [host, view] of views(world).entries()) for (const peer of view) expect(views(world)[peer], `${host} has ${peer}`).toContain(host);
}

describe('a world', () => {
  test('carries a message along a line, each hop after its delay', () => {
    const { world, watcher } = worldOf(3);
    joinLine(world, 3, { dissemination: 'tree' });
    world.run(5);
    expect(world.publish(0, PAYLOAD)).toEqual({ origin: 0, epoch: 1, seq: 0, sentTo: 1 });
    world.runUntilIdle();
    expect(watcher.take()).toEqual([
      '5: 0 got 0/1/0 from 0, hop 0', '5: 0>1 data',
      '15: 1 got 0/1/0 from 0, hop 1', '15: 1>2 data',
      '25: 2 got 0/1/0 from 1, hop 2',
    ]);
    expect([world.nowMs, world.nowUs, world.events]).toEqual([25, 25_000, 2]);
  });

  test('runs up to and including a moment, and the clock stands there', () => {
    const { world, watcher } = worldOf(3);
    joinLine(world, 3, { dissemination: 'tree' });
    world.publish(0, PAYLOAD);
    world.run(9.999);
    expect([world.nowMs, watcher.take('1 got')]).toEqual([9.999, []]);
    world.run(10);
    expect([world.nowMs, watcher.take('1 got')]).toEqual([10, ['10: 1 got 0/1/0 from 0, hop 1']]);
    world.run(4);
    expect(world.nowMs).toBe(10);
  });

  test('does what it is told at a moment, before or after what else is due there, in order of insertion', () => {
    const { world, watcher } = worldOf(2);
    joinLine(world, 2, { dissemination: 'tree' });
    const done: string[] = [];
    world.at(10, () => done.push(`first at ${world.nowMs}, ${watcher.take('1 got').length} delivered`));
    world.publish(0, PAYLOAD);
    world.at(10, () => done.push(`last at ${world.nowMs}, ${watcher.take('1 got').length} delivered`));
    world.run(20);
    expect(done).toEqual(['first at 10, 0 delivered', 'last at 10, 1 delivered']);
  });

  test('refuses a moment that is past, and one that is none', () => {
    const { world } = worldOf(2);
    world.run(1000);
    for (const atMs of [999, NaN, Infinity]) expect(() => world.at(atMs, () => {})).toThrow(`at: expected a time from 1000 ms, which is now, got ${atMs}.`);
    for (const untilMs of [NaN, Infinity]) expect(() => world.run(untilMs)).toThrow(`run: expected a finite time in ms, got ${untilMs}.`);
  });

  test('a peer draws the same whatever other peers do', () => {
    const quiet = mesh(12);
    const busy = mesh(12);
    busy.world.publish(3, PAYLOAD);
    for (const { world } of [quiet, busy]) world.run(20_000);
    expect(views(busy.world)).toEqual(views(quiet.world));
  });

  test('jitter that comes to nothing, and loss that hits nothing, change no draw of a peer', () => {
    const traces = [{}, { loss: Number.MIN_VALUE }, { jitter: Number.MIN_VALUE }].map((more) => mesh(20, more).world.traceHash);
    expect(new Set(traces).size).toBe(1);
  });

  test('a crash changes no draw of those who do not notice', () => {
    // Two halves that know nothing of each other.
    const run = (crashed: boolean): unknown => {
      const { world } = worldOf(20);
      for (let host = 0; host < 20; host++) joinMesh(world, host, host < 10 ? 0 : 10);
      if (crashed) world.crash(13);
      world.run(20_000);
      return views(world).slice(0, 10);
    };
    expect(run(true)).toEqual(run(false));
  });

  test('a message to a peer of another group is a stray', () => {
    const { world } = worldOf(2);
    const config = groupConfig({ overlay: 'static', dissemination: 'tree' });
    world.join(0, config, [peerRef(1)]);
    world.join(1, config, [peerRef(0)], 2 as typeof GROUP);
    world.publish(0, PAYLOAD);
    world.runUntilIdle();
    expect(world.engine(1)?.strays).toBe(1);
  });
});

describe('a crash', () => {
  test('ends the links to the peer after the link timeout, at all who keep one', () => {
    const { world, watcher } = mesh(8);
    const neighbours = views(world)[3] ?? [];
    expect(neighbours.length).toBeGreaterThan(1);
    const atMs = world.nowMs;
    world.crash(3);
    expect(world.engine(3)).toBeUndefined();
    world.run(atMs + 999.999);
    expect(watcher.take('neighbourDown 3')).toEqual([]);
    world.run(atMs + 1000);
    expect(watcher.take('neighbourDown 3').sort()).toEqual(neighbours.map((peer) => `${atMs + 1000}: ${peer} neighbourDown 3`));
    world.run(atMs + 20_000);
    expect(views(world).some((view) => view.includes(3))).toBe(false);
    expectSymmetric(world);
  });

  test('what is on its way to the peer is lost; who sent it reliably hears of the link', () => {
    const { world, watcher } = mesh(8, { linkTimeoutMs: 300 });
    const [sender, ...others] = (views(world)[3] ?? []) as [number, ...number[]];
    const atMs = world.nowMs;
    world.publish(sender, PAYLOAD);
    world.crash(3);
    world.run(atMs + 10);
    expect(watcher.take('peer-down')).toContain(`${atMs + 10}: ${sender}>3 data peer-down`);
    // 300 ms after the crash for all, and again for the packet, which changes nothing.
    world.run(atMs + 310);
    expect(watcher.take('neighbourDown 3').sort()).toEqual([sender, ...others].sort().map((peer) => `${atMs + 300}: ${peer} neighbourDown 3`));
  });

  test('a datagram to a peer that is gone is lost without a word', () => {
    const { world, watcher } = worldOf(2);
    const config = groupConfig({ overlay: 'full', dissemination: 'rumor' });
    for (const host of [0, 1]) world.join(host, config, [peerRef(0), peerRef(1)]);
    world.publish(0, PAYLOAD);
    world.crash(1);
    const heard = heardBy(world, 0);
    world.run(1010);
    expect(watcher.take('>')).toEqual(['1000: 0>1 data', '1010: 0>1 data peer-down']);
    world.run(10_000);
    expect(heard).toEqual([]);
  });

  test('a link that is opened to a peer that is gone fails after the link timeout', () => {
    const { world, watcher } = worldOf(2, { linkTimeoutMs: 500 });
    world.join(0, MESH, []);
    world.openLink(peerRef(0), peerRef(1));
    world.join(1, groupConfig({ overlay: 'static', dissemination: 'tree' }), []);
    world.engine(0)?.onMessage(peerRef(1), { kind: 'neighbour', group: GROUP, priority: 'high' }, 0, {
      send: () => {}, sendUnreliable: () => {}, setTimer: () => {}, deliver: () => {}, emit: () => {}, openLink: () => {}, closeLink: () => {},
    });
    expect(views(world)[0]).toEqual([1]);
    world.run(500);
    expect(watcher.take('neighbourDown')).toEqual(['500: 0 neighbourDown 1']);
  });

  test('timers of an earlier incarnation are stale, and its epoch is outlived', () => {
    const { world, watcher } = worldOf(3);
    const config = groupConfig({ overlay: 'full', dissemination: 'rumor' });
    const all = [0, 1, 2].map(peerRef);
    for (const host of [0, 1, 2]) world.join(host, config, all);
    world.publish(0, PAYLOAD);
    world.crash(0);
    world.join(0, config, all);
    world.run(5000);
    expect(watcher.take('>')).toEqual([]);
    expect(world.publish(0, PAYLOAD)).toMatchObject({ epoch: 2, seq: 0 });
    world.run(30_000);
    expect(watcher.take('got').map((line) => line.replace(/^[^:]*: /, '').slice(0, 11)).sort()).toEqual(['0 got 0/2/0', '1 got 0/2/0', '2 got 0/2/0']);
  });

  test('a peer that starts again acts once in a cycle, and not for its predecessors too', () => {
    const { world, watcher } = worldOf(2);
    const config = groupConfig({ overlay: 'full', dissemination: 'anti-entropy' });
    const both = [0, 1].map(peerRef);
    for (let life = 0; life < 4; life++) {
      world.join(0, config, both);
      world.run(world.nowMs + 300);
      if (life < 3) world.crash(0);
    }
    world.run(10_000);
    watcher.take();
    world.run(20_000);
    expect(watcher.take('0>1 digest peer-down').length).toBe(10);
  });

  test('a peer that starts again on the same host comes in, and its messages are new to all', () => {
    const { world, watcher } = mesh(10);
    for (const host of [0, 4]) {
      world.publish(host, PAYLOAD);
      world.run(world.nowMs + 1000);
      world.crash(host);
      // Before the others have noticed.
      world.run(world.nowMs + 100);
      joinMesh(world, host, 9);
      world.run(world.nowMs + 30_000);
      expectSymmetric(world);
      watcher.take();
      expect(world.publish(host, PAYLOAD)).toMatchObject({ epoch: 2, seq: 0 });
      world.run(world.nowMs + 1000);
      expect(watcher.take(`got ${host}/2/0`).length).toBe(10);
    }
  });

  test('links of an earlier incarnation are nobody\'s: its successor hears nothing of their ends', () => {
    const { world, watcher } = worldOf(3);
    for (const host of [0, 1]) world.join(host, MESH, []);
    world.openLink(peerRef(0), peerRef(1));
    world.crash(0);
    world.join(0, MESH, []);
    const heard = heardBy(world, 0);
    world.crash(1);
    world.run(10_000);
    expect([heard, watcher.take('0 neighbourDown')]).toEqual([[], []]);
  });

  test('nor does it hear of a link that failed before it started', () => {
    const { world } = worldOf(2);
    for (const host of [0, 1]) world.join(host, MESH, []);
    world.openLink(peerRef(0), peerRef(1));
    world.crash(1);
    world.run(500);
    world.crash(0);
    world.join(0, MESH, []);
    const heard = heardBy(world, 0);
    world.run(10_000);
    expect(heard).toEqual([]);
  });

  test('who sends reliably to a peer that is not there hears of the link after the way there and the link timeout', () => {
    const { world } = worldOf(2, { linkTimeoutMs: 300 });
    world.join(0, groupConfig({ overlay: { kind: 'hyparview', shuffleIntervalMs: 100_000 } }), [peerRef(1)]);
    const heard = heardBy(world, 0);
    world.run(1000);
    expect(heard).toEqual(['310: 1']);
  });
});

describe('leaving', () => {
  test('says good-bye to every neighbour, who drop the peer at once', () => {
    const { world, watcher } = mesh(8);
    const neighbours = views(world)[3] ?? [];
    const atMs = world.nowMs;
    world.leave(3);
    expect(watcher.take('disconnect').sort()).toEqual(neighbours.map((peer) => `${atMs}: 3>${peer} disconnect`));
    world.run(atMs + 10);
    expect(watcher.take('neighbourDown 3').sort()).toEqual(neighbours.map((peer) => `${atMs + 10}: ${peer} neighbourDown 3`));
    world.run(atMs + 20_000);
    expect(views(world).some((view) => view.includes(3))).toBe(false);
    expectSymmetric(world);
  });

  test('a peer that is down can neither leave nor publish', () => {
    const { world } = worldOf(2);
    expect(() => world.leave(1)).toThrow('the peer on host 1 is up');
    expect(() => world.publish(1, PAYLOAD)).toThrow('the peer on host 1 is up');
  });
});

describe('a world that loses packets', () => {
  test('tells a peer that the link is down when the network has given up', () => {
    const { world, watcher } = worldOf(3, { loss: 1 - 1e-12, attemptsMax: 2, retransmitMinMs: 100 });
    world.join(0, MESH, []);
    world.engine(0)?.onMessage(peerRef(1), { kind: 'neighbour', group: GROUP, priority: 'high' }, 0, {
      send: () => {}, sendUnreliable: () => {}, setTimer: () => {}, deliver: () => {}, emit: () => {}, openLink: () => {}, closeLink: () => {},
    });
    world.publish(0, PAYLOAD);
    world.run(400);
    expect(watcher.take('data', 'Down')).toEqual(['0: 0>1 data', '0: 0>1 data lost', '100: 0>1 data', '100: 0>1 data lost', '300: 0 neighbourDown 1']);
  });
});
