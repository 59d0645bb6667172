import fc from 'fast-check';
import { expect, test } from 'vitest';
import { groupConfig } from '../../lib/core/config.ts';
import { type PeerRef, peerRef } from '../../lib/core/ids.ts';
import type { Message } from '../../lib/core/messages.ts';
import { Random } from '../../lib/core/random.ts';
import { Nice } from '../../lib/overlay/nice/nice.ts';
import { PeerEngine } from '../../lib/peer/engine.ts';
import { flawsAmong } from '../sim/hierarchy.ts';
import { GROUP, roles } from '../support/builders.ts';
import { TestNetwork } from '../support/network.ts';
import { RecordingEffects } from '../support/recording-effects.ts';

const SEED = 20_020_820;
const PEERS = 14;
const HEARTBEAT_MS = 1000;
/** What the header of the protocol promises, in heartbeats. */
const HEALED_AFTER = 20;

/** Peer 0 stays, so that there is somebody to come back to. */
const other = fc.integer({ min: 1, max: PEERS - 1 });
const step = fc.oneof(
  fc.record({ kind: fc.constant('join' as const), peer: other }),
  fc.record({ kind: fc.constant('leave' as const), peer: other }),
  fc.record({ kind: fc.constant('crash' as const), peer: other }),
  fc.record({ kind: fc.constant('break' as const), peer: other, with: fc.nat({ max: PEERS - 1 }) }),
  fc.record({ kind: fc.constant('wait' as const), ms: fc.oneof(fc.constant(10), fc.integer({ min: 100, max: 8000 })) }),
);

function placesIn(network: TestNetwork): Map<PeerRef, Nice> {
  const places = new Map<PeerRef, Nice>();
  for (const { engine } of network.members()) {
    const overlay = engine.group(GROUP)?.overlay;
    if (overlay instanceof Nice) places.set(engine.self, overlay);
  }
  return places;
}

/** Whatever happens, a peer is never its own neighbour, has nobody twice, and leads no cluster past its bound. */
function check(place: Nice, self: PeerRef): void {
  expect(new Set(place.neighbours).size).toBe(place.neighbours.length);
  expect(place.neighbours).not.toContain(self);
  for (const cluster of place.place.layers.led) expect(cluster.size).toBeLessThanOrEqual(2 * 8);
}

test.each([[true, 0], [false, 0], [true, 0.1]])(`a NICE group ends in one hierarchy after any joins, leaves, crashes and broken links; links keep order: %s, loss of what is sent once: %d (seed ${SEED})`, (ordered, chance) => {
  fc.assert(fc.property(fc.nat(), fc.array(step, { minLength: 10, maxLength: 50, size: 'max' }), (seed, steps) => {
    const config = groupConfig({ overlay: { kind: 'nice', heartbeatIntervalMs: HEARTBEAT_MS, queryTimeoutMs: 500 }, dissemination: 'tree' });
    const network = new TestNetwork({ seed, config });
    network.ordered = ordered;
    network.loss = { chance, reliable: false };
    network.check = ({ engine }) => {
      const overlay = engine.group(GROUP)?.overlay;
      if (overlay instanceof Nice) check(overlay, engine.self);
    };
    for (let peer = 0; peer < PEERS; peer += 2) network.join(peer, [peerRef(0)]);
    for (const each of steps) {
      if (each.kind === 'join' && network.peers.get(peerRef(each.peer))?.engine.group(GROUP) === undefined) network.join(each.peer, [peerRef(0)]);
      if (each.kind === 'leave') network.leave(each.peer);
      if (each.kind === 'crash') network.crash(each.peer);
      if (each.kind === 'break') network.breakLink(each.peer, each.with);
      if (each.kind === 'wait') network.run(each.ms);
    }
    let found: readonly string[] = ['not yet looked at'];
    for (let beat = 0; beat < HEALED_AFTER && found.length > 0; beat++) {
      network.run(HEARTBEAT_MS);
      found = flawsAmong(placesIn(network));
    }
    expect(found).toEqual([]);
    network.loss = { chance: 0, reliable: false };
  }), { seed: SEED, numRuns: 12 });
});

test.each([29, 30, 31])('a parent that hands over a place of height %d and falls silent leaves a peer that works', (height) => {
  const [self, { parent, other, third }] = [peerRef(0), roles('parent', 'other', 'third')];
  const effects = new RecordingEffects();
  const engine = new PeerEngine(self, 1, new Random(SEED));
  engine.join(GROUP, groupConfig({ overlay: 'nice', dissemination: 'tree' }), [parent], 0, effects);
  const says: readonly Message[] = [
    { kind: 'niceReply', group: GROUP, layer: 255, height: 1, root: parent, members: [] },
    { kind: 'niceCluster', group: GROUP, layer: 0, root: parent, members: [self, other].map((peer) => ({ peer, rttUs: 5 })), supers: [] },
    { kind: 'niceTransfer', group: GROUP, height, members: [{ layer: 0, peer: other }], parent },
    { kind: 'niceCluster', group: GROUP, layer: height, root: parent, members: [self, third].map((peer) => ({ peer, rttUs: 5 })), supers: [] },
  ];
  for (const message of says) engine.onMessage(parent, message, 10, effects);
  engine.onLinkDown(parent, 20, effects);
  for (const effect of effects.take()) if (effect.effect === 'setTimer' && effect.timer.kind === 'nice' && effect.timer.step === 'elect') engine.onTimer(effect.timer, 300, effects);
  const { overlay } = engine.group(GROUP) ?? {};
  // After 29 it leads the layer that its parent led; a higher place is not taken, and it is alone with `other`.
  expect(overlay instanceof Nice ? overlay.place.layers.height : undefined).toBe(height === 29 ? 30 : 1);
});
