import { invalidOption } from '../../lib/core/errors.ts';
import type { Random } from '../../lib/core/random.ts';
import type { DeclaredHost, RouterUnderlay } from './underlay.ts';

/** A machine on which a peer runs, hung off a router by its own access link. */
export interface Host {
  /** The router's id, or the id that the file declares. */
  readonly id: string;
  /** Index of its router. */
  readonly router: number;
  /** One-way delay of its access link in ms. */
  readonly accessDelayMs: number;
}

/** Which routers, or which of the declared hosts, take part (`--hosts`). */
export type HostChoice =
  | { readonly kind: 'all' }
  /** Those whose position, counted from 0, is divisible by `k`. */
  | { readonly kind: 'every'; readonly k: number }
  /** This many different ones, at random. */
  | { readonly kind: 'random'; readonly count: number };

/** Delay of an access link where neither the file nor the caller gives one, in ms. */
export const DEFAULT_ACCESS_DELAY_MS = 1;

export interface AttachmentOptions {
  readonly hosts: HostChoice;
  /** For hosts whose access delay the file does not give; finite, at least 0. */
  readonly accessDelayMs: number;
}

/**
 * The hosts of an underlay, in order of their index: those that the file
 * declares, or else one on each router; and of these the ones chosen.
 *
 * @throws OverlayError `INVALID_OPTION` naming `--hosts` or `--access-delay`.
 */
export function attachHosts(
  underlay: Pick<RouterUnderlay, 'routers' | 'hosts'>, options: AttachmentOptions, random: Random,
): Host[] {
  const { accessDelayMs } = options;
  if (!(accessDelayMs >= 0 && accessDelayMs < Infinity)) {
    invalidOption('--access-delay', 'a finite number of ms, at least 0', accessDelayMs);
  }
  const declared: readonly DeclaredHost[] = underlay.hosts.length > 0
    ? underlay.hosts
    : underlay.routers.map((router, index) => ({ id: router.id, router: index }));
  const what = underlay.hosts.length > 0 ? 'declared hosts' : 'routers';
  return chosenPositions(options.hosts, declared.length, what, random).map((position) => {
    const host = declared[position] as DeclaredHost;
    return { id: host.id, router: host.router, accessDelayMs: host.accessDelayMs ?? accessDelayMs };
  });
}

/** The positions chosen of `count`, ascending. `what` names them in errors. Serves hosts of a latency matrix too. */
export function chosenPositions(choice: HostChoice, count: number, what: string, random: Random): number[] {
  const positions = Array.from({ length: count }, (_, index) => index);
  switch (choice.kind) {
    case 'all':
      return positions;
    case 'every':
      checkCount('every', 'K', choice.k, count, what);
      return positions.filter((position) => position % choice.k === 0);
    case 'random':
      checkCount('random', 'N', choice.count, count, what);
      return random.sample(positions, choice.count).sort((x, y) => x - y);
  }
}

function checkCount(kind: string, letter: string, value: number, count: number, what: string): void {
  if (Number.isInteger(value) && value >= 1 && value <= count) return;
  invalidOption('--hosts', `${kind}:${letter} with a whole number ${letter} from 1 to ${count}, the number of ${what}`, value);
}
