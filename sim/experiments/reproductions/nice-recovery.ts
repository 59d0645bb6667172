import { OverlayError } from '../../../lib/core/errors.ts';
import { peerRef } from '../../../lib/core/ids.ts';
import { Random } from '../../../lib/core/random.ts';
import { Collector } from '../../measure/collector.ts';
import { GROUP, World } from '../../world/world.ts';
import type { Field } from '../field.ts';
import { JOIN_INTERVAL_MS, PUBLISH_INTERVAL_MS, type PeersSetup, SETTLED_MS } from '../run.ts';

/** A sudden leave, and what is published around it. */
export interface SuddenLeave {
  readonly seed: number;
  /** How many leave at the same moment, without a word. */
  readonly leaving: number;
  /** Messages published from that moment on, one each second. */
  readonly messages: number;
}

/** The longest time that a group is given to come to rest before its members leave, in ms. */
const REST_MAX_MS = 600_000;

/** For messages to arrive before deliveries are counted, in ms. */
const LAST_MS = 20_000;

/**
 * The share of the members that stay that get each message, from the moment on at which
 * others leave. Members join one by one as in a comparison, and the leave comes when
 * nobody had a new neighbour for a minute; the source, host 0, stays.
 */
export function deliveredAfterLeave(field: Field, setup: PeersSetup, { seed, leaving, messages }: SuddenLeave): number[] {
  const hosts = field.hostIds.length;
  const collector = new Collector(hosts);
  const world = new World(field.paths, { seed, observer: collector });
  for (let host = 0; host < hosts; host++) {
    world.join(host, setup.config, host === 0 ? [] : [peerRef(0)]);
    world.run(world.nowMs + JOIN_INTERVAL_MS);
  }
  const endMs = world.nowMs + REST_MAX_MS;
  while (world.nowMs < endMs && world.nowMs - collector.lastNeighbourUs / 1000 < SETTLED_MS) world.run(world.nowMs + PUBLISH_INTERVAL_MS);
  const others = Array.from({ length: hosts - 1 }, (_, index) => index + 1);
  for (const host of new Random(seed).fork('leaving').sample(others, leaving)) world.crash(host);
  collector.measuring = true;
  for (let message = 0; message < messages; message++) {
    publish(world, collector);
    world.run(world.nowMs + PUBLISH_INTERVAL_MS);
  }
  world.run(world.nowMs + LAST_MS);
  return collector.records.map(({ delivered }) => delivered / (hosts - 1 - leaving));
}

/** A source that has lost all its neighbours reaches nobody. */
function publish(world: World, collector: Collector): void {
  collector.expect(0, world.engine(0)?.group(GROUP)?.published ?? 0, world.nowUs);
  try {
    world.publish(0, new Uint8Array(1000));
  } catch (error) {
    if (!(error instanceof OverlayError && error.code === 'NO_NEIGHBOURS')) throw error;
  }
}
