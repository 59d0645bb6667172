import { describe } from '../../../lib/core/errors.ts';
import type { RouterUnderlay } from '../underlay.ts';
import { buildSndlibUnderlay } from './sndlib.ts';
import type { SndlibLink, SndlibNetwork, SndlibNode } from './sndlib.ts';
import { invalid, lineAt, parseNumber } from './text.ts';
import { readXml } from './xml.ts';
import type { XmlHandler } from './xml.ts';

/**
 * Reads the XML form of SNDlib (http://sndlib.zib.de/network): nodes and links;
 * capacities and demands are ignored.
 *
 * @throws OverlayError `INVALID_TOPOLOGY` with the line.
 */
export function parseSndlibXml(text: string, file: string): RouterUnderlay {
  const handler = new SndlibHandler(text, file);
  readXml(text, file, handler);
  return buildSndlibUnderlay(handler.network());
}

class SndlibHandler implements XmlHandler {
  private readonly text: string;
  private readonly file: string;
  private readonly nodes: SndlibNode[] = [];
  private readonly links: SndlibLink[] = [];
  private coordinates: SndlibNetwork['coordinates'] = 'unstated';
  /** The open node or link, and what its children say. */
  private item: 'node' | 'link' | undefined;
  private offset = 0;
  private id = '';
  private readonly fields = new Map<string, string>();

  constructor(text: string, file: string) {
    this.text = text;
    this.file = file;
  }

  open(name: string, attributes: ReadonlyMap<string, string>, offset: number): void {
    if (name === 'nodes') {
      const type = attributes.get('coordinatesType');
      if (type === 'geographical') this.coordinates = 'geographic';
      else if (type === 'pixel') this.coordinates = 'pixel';
      else if (type !== undefined) this.fail(offset, `expected coordinatesType to be geographical or pixel, got ${describe(type)}`);
    }
    if (name !== 'node' && name !== 'link') return;
    this.item = name;
    this.offset = offset;
    this.id = attributes.get('id') ?? this.fail(offset, `<${name}> has no attribute "id"`);
    this.fields.clear();
  }

  close(name: string, text: string): void {
    if (name === 'node' && this.item === 'node') this.onNode();
    else if (name === 'link' && this.item === 'link') this.onLink();
    else if (this.item !== undefined) {
      this.fields.set(name, text.trim());
      return;
    }
    this.item = undefined;
  }

  network(): SndlibNetwork {
    const { file, nodes, links, coordinates } = this;
    return { file, nodes, links, coordinates };
  }

  private onNode(): void {
    const x = this.coordinate('x');
    const y = this.coordinate('y');
    const line = lineAt(this.text, this.offset);
    this.nodes.push(x === undefined || y === undefined ? { id: this.id, line } : { id: this.id, x, y, line });
  }

  private onLink(): void {
    const source = this.fields.get('source') ?? this.fail(this.offset, '<link> has no <source>');
    const target = this.fields.get('target') ?? this.fail(this.offset, '<link> has no <target>');
    this.links.push({ source, target, line: lineAt(this.text, this.offset) });
  }

  private coordinate(name: 'x' | 'y'): number | undefined {
    const value = this.fields.get(name);
    if (value === undefined) return undefined;
    return parseNumber(value) ?? this.fail(this.offset, `expected <${name}> to be a number, got ${describe(value)}`);
  }

  private fail(offset: number, reason: string): never {
    return invalid(this.file, `line ${lineAt(this.text, offset)}`, reason);
  }
}
