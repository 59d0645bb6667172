import { buildRouterUnderlay } from '../build.ts';
import type { RawLink, RawNode } from '../build.ts';
import type { RouterUnderlay } from '../underlay.ts';
import { LINKS_MAX, NODES_MAX } from './limits.ts';
import { tooLarge } from './text.ts';

/**
 * The nodes and links of a file as they are read, with their places. It stops at
 * the limits, so that a hostile file does not fill the memory first.
 */
export class GraphCollector {
  private readonly file: string;
  private readonly nodes: RawNode[] = [];
  private readonly links: RawLink[] = [];
  private readonly nodePlaces: number[] = [];
  private readonly linkPlaces: number[] = [];

  constructor(file: string) {
    this.file = file;
  }

  get nodeCount(): number {
    return this.nodes.length;
  }

  get linkCount(): number {
    return this.links.length;
  }

  /** @param place A line number, or an offset that `build` is told to turn into one. */
  node(node: RawNode, place: number): void {
    if (this.nodes.length === NODES_MAX) tooLarge(this.file, `more than ${NODES_MAX} nodes`);
    this.nodes.push(node);
    this.nodePlaces.push(place);
  }

  link(link: RawLink, place: number): void {
    if (this.links.length === LINKS_MAX) tooLarge(this.file, `more than ${LINKS_MAX} links`);
    this.links.push(link);
    this.linkPlaces.push(place);
  }

  /**
   * Builds the underlay; errors name the line of a node or link.
   *
   * @param lineOf Turns a place into a line number.
   */
  build(name: string, notes: readonly string[], lineOf = (place: number): number => place): RouterUnderlay {
    return buildRouterUnderlay({
      name,
      nodes: this.nodes,
      links: this.links,
      notes,
      file: this.file,
      place: (kind, index) => `line ${lineOf((kind === 'node' ? this.nodePlaces : this.linkPlaces)[index] ?? 0)}`,
    });
  }
}
