import { describe, OverlayError } from '../../lib/core/errors.ts';
import { closest } from '../../lib/core/suggest.ts';
import { buildRouterUnderlay } from './build.ts';
import { generateTopology } from './generate/generators.ts';
import type { RouterUnderlay } from './underlay.ts';

/** The maps that come with the package, by name. */
export const BUILTIN_NAMES: readonly string[] = ['textbook', 'transit-stub'];

/** Fixed, so that the built-in map is the same for everyone. */
const TRANSIT_STUB_SEED = 1;

/**
 * A built-in map: `textbook`, five routers and five hosts whose metrics can be
 * checked by hand; `transit-stub`, about a hundred routers as in the Internet.
 *
 * @throws OverlayError `INVALID_OPTION` for another name.
 */
export function builtinUnderlay(name: string): RouterUnderlay {
  if (name === 'textbook') return textbook();
  if (name === 'transit-stub') return { ...generateTopology('transit-stub', {}, TRANSIT_STUB_SEED), name: 'builtin:transit-stub' };
  const suggestion = closest(name, BUILTIN_NAMES);
  const hint = suggestion === undefined ? '' : ` Did you mean ${suggestion}?`;
  throw new OverlayError('INVALID_OPTION', `builtin: expected one of ${BUILTIN_NAMES.join(', ')}, got ${describe(name)}.${hint}`);
}

/** METRICS, "Golden values 1: the textbook figure". */
function textbook(): RouterUnderlay {
  const routers = ['Ra', 'Rb', 'Rc', 'Rd', 'Re'];
  const hosts = ['A', 'B', 'C', 'D', 'E'];
  const links: readonly (readonly [string, string, number])[] = [
    ['Ra', 'Rb', 7], ['Ra', 'Re', 30], ['Re', 'Rc', 20], ['Rc', 'Rd', 5], ['Rb', 'Rd', 40],
    ['A', 'Ra', 1], ['B', 'Rb', 1], ['C', 'Rc', 1], ['D', 'Rd', 1], ['E', 'Re', 1],
  ];
  return buildRouterUnderlay({
    name: 'builtin:textbook',
    nodes: [...routers.map((id) => ({ id })), ...hosts.map((id) => ({ id, kind: 'host' as const }))],
    links: links.map(([source, target, delayMs]) => ({ source, target, delayMs })),
  });
}
