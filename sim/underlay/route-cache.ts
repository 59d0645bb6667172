import { invalidOption } from '../../lib/core/errors.ts';
import type { RouterGraph } from './router-graph.ts';
import { Routes, TREE_BYTES_PER_ROUTER } from './routes.ts';
import type { RouteTree } from './routes.ts';

/** Default of `bytesMax`: the trees of all routers, up to 6600 of them. Guess. */
export const ROUTE_CACHE_BYTES_MAX = 1024 * 1024 * 1024;

/**
 * Route trees, computed when first asked for and kept up to `bytesMax` bytes;
 * then the one computed longest ago goes. The last tree always stays, however
 * large.
 */
export class RouteCache {
  readonly graph: RouterGraph;
  /** Trees kept at most. */
  readonly treesMax: number;
  private readonly routes: Routes;
  /** By source, oldest first. */
  private readonly trees = new Map<number, RouteTree>();
  private lastTree: RouteTree | undefined;
  private hitCount = 0;
  private missCount = 0;
  private evictionCount = 0;

  /** @throws OverlayError `INVALID_OPTION` for a `bytesMax` that is not above 0. */
  constructor(graph: RouterGraph, options: { readonly bytesMax?: number } = {}) {
    const bytesMax = options.bytesMax ?? ROUTE_CACHE_BYTES_MAX;
    if (!(bytesMax > 0)) invalidOption('bytesMax', 'a number above 0', bytesMax);
    this.graph = graph;
    this.treesMax = Math.max(1, Math.floor(bytesMax / (TREE_BYTES_PER_ROUTER * Math.max(1, graph.routers))));
    this.routes = new Routes(graph);
  }

  /** The routes from router `source`. */
  from(source: number): RouteTree {
    // Askers tend to ask about one source many times in a row.
    if (this.lastTree !== undefined && this.lastTree.source === source) {
      this.hitCount++;
      return this.lastTree;
    }
    let tree = this.trees.get(source);
    if (tree === undefined) {
      tree = this.compute(source);
    } else {
      this.hitCount++;
    }
    this.lastTree = tree;
    return tree;
  }

  /** How often a tree was there, had to be computed, and was dropped for want of room. */
  get counts(): { readonly hits: number; readonly misses: number; readonly evictions: number } {
    return { hits: this.hitCount, misses: this.missCount, evictions: this.evictionCount };
  }

  private compute(source: number): RouteTree {
    this.missCount++;
    const tree = this.routes.from(source);
    for (const oldest of this.trees.keys()) {
      if (this.trees.size < this.treesMax) break;
      this.trees.delete(oldest);
      this.evictionCount++;
    }
    this.trees.set(source, tree);
    return tree;
  }
}
