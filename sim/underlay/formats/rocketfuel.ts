import { describe } from '../../../lib/core/errors.ts';
import type { RouterUnderlay } from '../underlay.ts';
import { GraphCollector } from './collector.ts';
import { counted, invalid, lines, parseNumber, stem, words } from './text.ts';

/**
 * Reads the `.intra` files of Rocketfuel (Spring, Mahajan, Wetherall, SIGCOMM
 * 2002; Mahajan et al., IMW 2002): `node node value` a line. The third column is
 * the delay in ms, unless the file's name has `weight` in it: inferred routing
 * weights are no delays. Nodes stand in order of their first appearance, the left
 * column first.
 *
 * @throws OverlayError `INVALID_TOPOLOGY` with the line.
 */
export function parseRocketfuelIntra(text: string, file: string): RouterUnderlay {
  const isWeights = /weight/i.test(file.slice(file.lastIndexOf('/') + 1));
  const graph = new GraphCollector(file);
  const known = new Set<string>();
  for (const { text: line, number } of lines(text)) {
    const cells = words(line);
    if (cells.length === 0 || line.startsWith('#')) continue;
    const [source, target, cell] = cells;
    if (source === undefined || target === undefined || cell === undefined || cells.length > 3) {
      invalid(file, `line ${number}`, `expected two nodes and a number, got ${counted(cells.length, 'word')}`);
    }
    const value = parseNumber(cell);
    if (value === undefined) invalid(file, `line ${number}`, `expected a number after the two nodes, got ${describe(cell)}`);
    for (const id of [source, target]) {
      if (known.has(id)) continue;
      known.add(id);
      graph.node({ id }, number);
    }
    graph.link(isWeights ? { source, target } : { source, target, delayMs: value }, number);
  }
  return graph.build(stem(file), [isWeights
    ? 'The third column is routing weights by the name of the file; they are no delays and are ignored.'
    : 'The third column is taken as the delay of the link in ms.']);
}

const CCH_ROUTER = /^(-?\d+)\s+@(\S*)/;

/**
 * Reads the `.cch` router-level maps of Rocketfuel: `uid @place [+] [bb] (degree)
 * [&externals] -> <uid> .. {-euid} .. =name rN`. They have no delays. External
 * addresses (`-uid`, `{-euid}`) and neighbours without a line are excluded.
 *
 * @throws OverlayError `INVALID_TOPOLOGY` with the line.
 */
export function parseRocketfuelCch(text: string, file: string): RouterUnderlay {
  const known = new Set<string>();
  for (const { text: line } of lines(text)) {
    const id = CCH_ROUTER.exec(line.trim())?.[1];
    if (id !== undefined) known.add(id);
  }
  const graph = new GraphCollector(file);
  let externals = 0;
  let unlisted = 0;
  for (const { text: line, number } of lines(text)) {
    const content = line.trim();
    if (content === '' || content.startsWith('#')) continue;
    if (/^-\d+\s+=/.test(content)) {
      externals++;
      continue;
    }
    const router = CCH_ROUTER.exec(content);
    const arrow = content.indexOf('->');
    if (router === null || arrow === -1) invalid(file, `line ${number}`, 'expected a router as `uid @place (degree) -> <uid> ... =name rN`');
    const [, source = '', place = ''] = router;
    graph.node({ id: source, label: place }, number);
    for (const word of words(content.slice(arrow + 2))) {
      if (word.startsWith('=')) break;
      const target = /^<(-?\d+)>$/.exec(word)?.[1];
      if (word.startsWith('{')) externals++;
      else if (target === undefined) invalid(file, `line ${number}`, `expected a neighbour as \`<uid>\`, got ${describe(word)}`);
      else if (known.has(target)) graph.link({ source, target }, number);
      else unlisted++;
    }
  }
  const notes: string[] = [];
  if (externals > 0) notes.push(`${counted(externals, 'external address', 'external addresses')} ignored.`);
  if (unlisted > 0) notes.push(`${counted(unlisted, 'link')} to routers without a line of their own ignored.`);
  return graph.build(stem(file), notes);
}
