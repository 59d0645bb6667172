import { invalidOption } from '../../../lib/core/errors.ts';
import type { Random } from '../../../lib/core/random.ts';
import { FIBRE_KM_PER_MS } from '../geo.ts';
import { rounded } from './draft.ts';
import type { GraphDraft } from './draft.ts';
import { count, real, routersParameter } from './parameters.ts';
import type { Generator, Values } from './parameters.ts';

const ALPHA = 0.15;

/**
 * Routers at random places of a square; near ones are joined more often:
 * P(u,v) = alpha exp(-d / (beta L)), with L the diagonal (B. Waxman, "Routing of
 * multipoint connections", IEEE JSAC 6(9), 1988; alpha and beta as in most later
 * work, the reverse of the paper's).
 *
 * With `m` = 0 each pair is joined with that probability, independently, and what
 * is not connected falls away. With `m` > 0 the graph grows as in BRITE (Medina,
 * Lakhina, Matta, Byers, 2001): each router joins m earlier ones, chosen with
 * probability proportional to P, so that the graph is connected and its mean
 * degree about 2m whatever its size. There alpha cancels out.
 */
export const waxman: Generator = {
  name: 'waxman',
  summary: 'random places in a square, near routers joined more often (Waxman 1988)',
  parameters: [
    routersParameter(100, 1, 20_000),
    count('m', 'links each router brings along; 0: each pair is joined independently, as in the paper', 2, 0, 100),
    real('alpha', 'share of short links there are; only with --m 0', '', ALPHA, 0, 1),
    real('beta', 'length of links, relative to the diagonal of the square', '', 0.2, 1e-3, 1e3),
    real('plane-km', 'side of the square', 'km', 4000, 0, 1e6),
  ],
  generate,
};

function generate(draft: GraphDraft, values: Values, random: Random): void {
  const m = values('m');
  const alpha = values('alpha');
  if (m > 0 && alpha !== ALPHA) invalidOption('waxman --alpha', 'no value but with --m 0, since it cancels out otherwise', alpha);
  const plane = new Plane(draft, values('routers'), values('plane-km'), random.fork('places'));
  if (m === 0) joinPairs(draft, plane, alpha, values('beta'), random.fork('links'));
  else grow(draft, plane, m, values('beta'), random.fork('links'));
}

/** Routers at random places, rounded so that a file gives the same delays again. */
class Plane {
  readonly routers: number;
  readonly diagonalKm: number;
  private readonly x: Float64Array;
  private readonly y: Float64Array;

  constructor(draft: GraphDraft, routers: number, sideKm: number, random: Random) {
    this.routers = routers;
    this.diagonalKm = sideKm * Math.SQRT2;
    this.x = new Float64Array(routers);
    this.y = new Float64Array(routers);
    for (let router = 0; router < routers; router++) {
      const x = rounded(sideKm * random.float());
      const y = rounded(sideKm * random.float());
      this.x[router] = x;
      this.y[router] = y;
      draft.router({ x, y });
    }
  }

  km(a: number, b: number): number {
    const dx = (this.x[a] as number) - (this.x[b] as number);
    const dy = (this.y[a] as number) - (this.y[b] as number);
    return Math.sqrt(dx * dx + dy * dy);
  }

  /** exp(-d / (beta L)), rounded: exponentials may differ in the last bit between engines. */
  weight(a: number, b: number, beta: number): number {
    if (this.diagonalKm === 0) return 1;
    return Math.round(Math.exp(-this.km(a, b) / (beta * this.diagonalKm)) * 1e12) / 1e12;
  }

  delayMs(a: number, b: number): number {
    return this.km(a, b) / FIBRE_KM_PER_MS;
  }
}

function joinPairs(draft: GraphDraft, plane: Plane, alpha: number, beta: number, random: Random): void {
  for (let a = 0; a < plane.routers; a++) {
    for (let b = a + 1; b < plane.routers; b++) {
      if (random.chance(alpha * plane.weight(a, b, beta))) draft.link(a, b, plane.delayMs(a, b));
    }
  }
}

function grow(draft: GraphDraft, plane: Plane, m: number, beta: number, random: Random): void {
  const weights = new Float64Array(plane.routers);
  for (let router = 1; router < plane.routers; router++) {
    let total = 0;
    for (let other = 0; other < router; other++) {
      const weight = plane.weight(router, other, beta);
      weights[other] = weight;
      total += weight;
    }
    for (let links = 0; links < Math.min(m, router); links++) {
      const other = drawn(weights, router, total, random);
      total -= weights[other] as number;
      weights[other] = -1;
      draft.link(other, router, plane.delayMs(other, router));
    }
  }
}

/** An index below `size` in proportion to its weight; negative weights are taken already. */
function drawn(weights: Float64Array, size: number, total: number, random: Random): number {
  let left = total * random.float();
  let last = -1;
  for (let index = 0; index < size; index++) {
    const weight = weights[index] as number;
    if (weight < 0) continue;
    last = index;
    left -= weight;
    if (left < 0) break;
  }
  return last;
}
