import { OverlayError } from '../lib/core/errors.ts';
import { generateTopology } from '../sim/underlay/generate/generators.ts';
import type { Underlay } from '../sim/underlay/underlay.ts';
import { toDot } from '../sim/underlay/write/dot.ts';
import { toGraphml } from '../sim/underlay/write/graphml.ts';
import { toTopologyJson } from '../sim/underlay/write/json.ts';
import type { ConvertCommand, GenerateCommand, TopologyFormat } from './arguments.ts';
import { writeOutput } from './output.ts';
import { openTopology } from './topology.ts';

/** `overlay-sim generate`: a generated map on standard output. @throws OverlayError */
export function generate({ generator, parameters, seed, format }: GenerateCommand, warn: (note: string) => void): void {
  const underlay = generateTopology(generator, parameters, seed);
  // The first note repeats the command.
  for (const note of underlay.notes.slice(1)) warn(note);
  writeOutput('-', written(underlay, format));
}

/** `overlay-sim convert`: a map in another format on standard output. @throws OverlayError */
export function convert({ topology, format, quiet }: ConvertCommand, warn: (note: string) => void): void {
  const underlay = openTopology(topology);
  const text = written(underlay, format);
  if (!quiet) for (const note of underlay.notes) warn(note);
  writeOutput('-', text);
}

function written(underlay: Underlay, format: TopologyFormat): string {
  if (format === 'json') return toTopologyJson(underlay);
  if (underlay.kind === 'matrix') {
    throw new OverlayError('INVALID_OPTION', `--format: expected json, since ${underlay.name} is a latency matrix and has no links, got "${format}".`);
  }
  return format === 'graphml' ? toGraphml(underlay) : toDot(underlay);
}
