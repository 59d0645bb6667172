import { invalidOption, OverlayError } from '../lib/core/errors.ts';
import { readTopologyFile } from '../sim/input/read-topology.ts';
import { BUILTIN_NAMES, builtinUnderlay } from '../sim/underlay/builtin.ts';
import type { Underlay } from '../sim/underlay/underlay.ts';

const BUILTIN = 'builtin:';

/**
 * The map that a command line names: `builtin:NAME`, `-` for standard input, or a file.
 *
 * @throws OverlayError for what cannot be read or used, one sentence that says why.
 */
export function openTopology(topology: string): Underlay {
  if (topology.startsWith(BUILTIN)) return builtinUnderlay(topology.slice(BUILTIN.length));
  if (topology === '') invalidOption('topology', `a file, ${BUILTIN}NAME or -`, topology);
  try {
    return readTopologyFile(topology);
  } catch (error) {
    const meant = error instanceof OverlayError && error.code === 'UNREADABLE_FILE' && BUILTIN_NAMES.includes(topology);
    throw meant ? new OverlayError(error.code, `${error.message} Did you mean ${BUILTIN}${topology}?`) : error;
  }
}
