import { OverlayError } from '../../../lib/core/errors.ts';
import type { RawGraph, RawLink, RawNode } from '../raw-graph.ts';

/** Links that a generator makes at most. Guess: a file of about 100 MB. */
export const GENERATED_LINKS_MAX = 2_000_000;

/** A graph while it is generated: routers by index, at most one link between two of them. */
export class GraphDraft {
  private readonly name: string;
  private readonly nodes: RawNode[] = [];
  private readonly links: RawLink[] = [];

  constructor(name: string) {
    this.name = name;
  }

  get routers(): number {
    return this.nodes.length;
  }

  /** Adds a router and returns its index, which is its id too unless one is given. */
  router(properties: { readonly id?: string; readonly x?: number; readonly y?: number } = {}): number {
    const index = this.nodes.length;
    this.nodes.push({ id: String(index), ...properties });
    return index;
  }

  /** Adds `count` routers without a place. */
  addRouters(count: number): void {
    for (let i = 0; i < count; i++) this.router();
  }

  /** Joins two routers. The caller sees to it that they are not joined yet. The delay is rounded to 1e-6 ms. */
  link(a: number, b: number, delayMs: number): void {
    if (this.links.length === GENERATED_LINKS_MAX) {
      throw new OverlayError('TOPOLOGY_TOO_LARGE', `${this.name}: these parameters give more than ${GENERATED_LINKS_MAX} links.`);
    }
    this.links.push({ source: this.idOf(a), target: this.idOf(b), delayMs: rounded(delayMs) });
  }

  graph(name: string, notes: readonly string[]): RawGraph {
    return { name, nodes: this.nodes, links: this.links, notes };
  }

  private idOf(router: number): string {
    return this.nodes[router]?.id ?? '';
  }
}

/**
 * Rounds to 1e-6: files stay readable, and what transcendental functions yield,
 * which may differ in the last bits between engines, becomes the same everywhere.
 */
export function rounded(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
