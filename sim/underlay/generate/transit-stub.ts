import { invalidOption } from '../../../lib/core/errors.ts';
import type { Random } from '../../../lib/core/random.ts';
import type { GraphDraft } from './draft.ts';
import { count, GENERATED_ROUTERS_MAX, real } from './parameters.ts';
import type { Generator, Values } from './parameters.ts';

/**
 * One-way delays in ms by class of link, uniform in each range. The ranges do not
 * overlap, so that traffic between stubs goes over transit domains as policy has
 * it. Guesses: a site, a metropolitan area, a country, a continent.
 */
const DELAYS_MS = {
  intraStub: [0.5, 2],
  stubTransit: [2, 6],
  intraTransit: [6, 15],
  interTransit: [15, 50],
} as const;

/**
 * The Internet as transit domains that carry traffic for stub domains: transit
 * domains joined with each other, stub domains hung off transit routers (E.
 * Zegura, K. Calvert, S. Bhattacharjee, "How to model an internetwork", INFOCOM
 * 1996). A domain is a random graph; where the paper draws again until it is
 * connected, a random tree under it makes it so. Router ids say where they are:
 * `t0.1` is router 1 of transit domain 0, `s0.1.2.3` router 3 of its stub 2.
 */
export const transitStub: Generator = {
  name: 'transit-stub',
  summary: 'transit domains that carry traffic for stub domains, as in the Internet (Zegura et al. 1996)',
  parameters: [
    count('transit-domains', 'number of transit domains', 2, 1, 100),
    count('transit-nodes', 'routers of a transit domain', 4, 1, 1000),
    count('stubs', 'stub domains of each transit router', 3, 0, 100),
    count('stub-nodes', 'routers of a stub domain', 4, 1, 1000),
    real('transit-links', 'probability of a link between two routers of a transit domain', '', 0.6, 0, 1),
    real('stub-links', 'probability of a link between two routers of a stub domain', '', 0.42, 0, 1),
  ],
  generate,
};

type DelayClass = keyof typeof DELAYS_MS;
type Join = (a: number, b: number, delayClass: DelayClass) => void;

function generate(draft: GraphDraft, values: Values, random: Random): void {
  const domains = values('transit-domains');
  const transitNodes = values('transit-nodes');
  const stubs = values('stubs');
  const stubNodes = values('stub-nodes');
  const routers = domains * transitNodes * (1 + stubs * stubNodes);
  if (routers > GENERATED_ROUTERS_MAX) {
    invalidOption('transit-stub --transit-nodes', `parameters that give at most ${GENERATED_ROUTERS_MAX} routers`, routers);
  }
  const delays = random.fork('delays');
  const links = random.fork('links');
  const join: Join = (a, b, delayClass) => {
    const [min, max] = DELAYS_MS[delayClass];
    draft.link(a, b, min + (max - min) * delays.float());
  };
  const transit = Array.from({ length: domains }, (_, domain) => routersNamed(draft, `t${domain}`, transitNodes));
  joinDomains(transit, join, links);
  for (const domain of transit) randomConnected(domain, values('transit-links'), links, (a, b) => join(a, b, 'intraTransit'));
  for (const [domain, gateways] of transit.entries()) {
    for (const [node, gateway] of gateways.entries()) {
      for (let stub = 0; stub < stubs; stub++) {
        const members = routersNamed(draft, `s${domain}.${node}.${stub}`, stubNodes);
        randomConnected(members, values('stub-links'), links, (a, b) => join(a, b, 'intraStub'));
        join(gateway, oneOf(members, links), 'stubTransit');
      }
    }
  }
}

function routersNamed(draft: GraphDraft, domain: string, size: number): number[] {
  return Array.from({ length: size }, (_, node) => draft.router({ id: `${domain}.${node}` }));
}

/** Joins every two transit domains by one link between random routers, as a backbone of few domains is. */
function joinDomains(domains: readonly (readonly number[])[], join: Join, random: Random): void {
  for (let first = 0; first < domains.length; first++) {
    for (let second = first + 1; second < domains.length; second++) {
      join(oneOf(domains[first] ?? [], random), oneOf(domains[second] ?? [], random), 'interTransit');
    }
  }
}

/** Joins each member to a random earlier one, and every other pair with probability `p`. */
function randomConnected(members: readonly number[], p: number, random: Random, join: (a: number, b: number) => void): void {
  for (let later = 1; later < members.length; later++) {
    const tree = random.below(later);
    for (let earlier = 0; earlier < later; earlier++) {
      if (earlier === tree || random.chance(p)) join(members[earlier] as number, members[later] as number);
    }
  }
}

function oneOf(members: readonly number[], random: Random): number {
  return members[random.below(members.length)] as number;
}
