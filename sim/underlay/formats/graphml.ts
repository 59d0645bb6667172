import { describe } from '../../../lib/core/errors.ts';
import type { RouterUnderlay } from '../underlay.ts';
import { AttributeReader } from './attributes.ts';
import type { Fail } from './attributes.ts';
import { GraphCollector } from './collector.ts';
import { counted, invalid, lineAt, stem } from './text.ts';
import { readXml } from './xml.ts';
import type { XmlHandler } from './xml.ts';

/**
 * Reads GraphML (http://graphml.graphdrawing.org/specification.html), among it
 * that of the Internet Topology Zoo. Data are told by the `attr.name` of their
 * key and by what it is `for`; the ids of keys differ from file to file.
 *
 * @throws OverlayError `INVALID_TOPOLOGY` with the line.
 */
export function parseGraphml(text: string, file: string): RouterUnderlay {
  const handler = new GraphmlHandler(text, file);
  readXml(text, file, handler);
  return handler.underlay();
}

type Domain = 'node' | 'edge' | 'graph';

/** An element under construction: what its attributes and `<data>` say. */
interface Item {
  readonly domain: Domain;
  readonly attributes: ReadonlyMap<string, string>;
  readonly data: Map<string, string>;
  readonly offset: number;
}

interface Key {
  readonly name: string;
  readonly domain: string;
}

class GraphmlHandler implements XmlHandler {
  private readonly text: string;
  private readonly file: string;
  private readonly reader = new AttributeReader();
  private readonly keys = new Map<string, Key>();
  private readonly defaults: Readonly<Record<Domain, Map<string, string>>> = { node: new Map(), edge: new Map(), graph: new Map() };
  /** The open graph, node and edge, innermost last. */
  private readonly items: Item[] = [];
  private readonly graph: GraphCollector;
  private keyId = '';
  private dataKey = '';
  private directed = false;
  private graphs = 0;
  private hyperedges = 0;
  private graphName: string | undefined;

  constructor(text: string, file: string) {
    this.text = text;
    this.file = file;
    this.graph = new GraphCollector(file);
  }

  open(name: string, attributes: ReadonlyMap<string, string>, offset: number): void {
    switch (name) {
      case 'key':
        this.keyId = attributes.get('id') ?? '';
        this.keys.set(this.keyId, { name: attributes.get('attr.name') ?? this.keyId, domain: attributes.get('for') ?? 'all' });
        return;
      case 'data':
        this.dataKey = attributes.get('key') ?? '';
        return;
      case 'graph':
        this.graphs++;
        if (this.graphs > 1) this.fail(offset, 'a second <graph>; one graph a file is read, without nested ones');
        if (attributes.get('edgedefault') === 'directed') this.directed = true;
        break;
      case 'edge':
        if (attributes.get('directed') === 'true') this.directed = true;
        break;
      case 'hyperedge':
        this.hyperedges++;
        return;
      case 'node':
        break;
      default:
        return;
    }
    this.items.push({ domain: name, attributes, data: new Map(), offset });
  }

  close(name: string, text: string): void {
    if (name === 'default') this.onDefault(text.trim());
    else if (name === 'data') this.onData(text.trim());
    else if (name === 'node' || name === 'edge' || name === 'graph') this.onItem(this.items.pop());
  }

  /** What was read, once the document has ended. */
  underlay(): RouterUnderlay {
    if (this.graphs === 0) invalid(this.file, '', 'there is no <graph>');
    const notes = this.reader.notes(this.directed);
    if (this.hyperedges > 0) notes.push(`${counted(this.hyperedges, '<hyperedge> element')} ignored.`);
    const name = this.graphName === undefined || this.graphName === '' ? stem(this.file) : this.graphName;
    return this.graph.build(name, notes, (offset) => lineAt(this.text, offset));
  }

  private onDefault(value: string): void {
    const key = this.keys.get(this.keyId);
    if (key === undefined) return;
    for (const domain of ['node', 'edge', 'graph'] as const) {
      if (key.domain === domain || key.domain === 'all') this.defaults[domain].set(key.name, value);
    }
  }

  /** A key counts for the element it is declared for; the first of two with one name counts. */
  private onData(value: string): void {
    const item = this.items.at(-1);
    const key = this.keys.get(this.dataKey);
    if (item === undefined || key === undefined || (key.domain !== item.domain && key.domain !== 'all')) return;
    if (!item.data.has(key.name)) item.data.set(key.name, value);
  }

  private onItem(item: Item | undefined): void {
    if (item === undefined) return;
    const get = (name: string): string | undefined => item.data.get(name) ?? this.defaults[item.domain].get(name);
    const fail: Fail = (_, reason) => this.fail(item.offset, reason);
    if (item.domain === 'graph') {
      this.graphName = get('name');
    } else if (item.domain === 'node') {
      this.graph.node(this.reader.node(this.attribute(item, 'id'), get, fail), item.offset);
    } else {
      this.graph.link(this.reader.link(this.attribute(item, 'source'), this.attribute(item, 'target'), get, fail), item.offset);
    }
  }

  private attribute(item: Item, name: string): string {
    return item.attributes.get(name) ?? this.fail(item.offset, `<${item.domain}> has no attribute ${describe(name)}`);
  }

  private fail(offset: number, reason: string): never {
    return invalid(this.file, `line ${lineAt(this.text, offset)}`, reason);
  }
}
