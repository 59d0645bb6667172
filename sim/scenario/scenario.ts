import type { GroupOptions } from '../../lib/core/config.ts';
import type { PacketFault } from '../world/packet-faults.ts';
import type { Limits } from './limits.ts';

/** The network beneath a scenario. A host is known by its number in it. */
export type UnderlaySpec =
  /** Every host is `delayMs` from every other; no routers. */
  | { readonly kind: 'equal'; readonly hosts: number; readonly delayMs: number }
  | { readonly kind: 'builtin'; readonly name: string }
  | { readonly kind: 'generated'; readonly name: string; readonly parameters: Readonly<Record<string, number>>; readonly seed: number }
  /** A topology in its JSON form, as `overlay-sim generate` writes it. */
  | { readonly kind: 'topology'; readonly topology: unknown };

/** A peer: the host that it runs on, which is also how the scenario names it. */
export interface PeerPlan {
  readonly host: number;
  readonly joinMs: number;
  /** Whom it joins through, by host; the first peer of the list by default. Overlays that are given take all peers. */
  readonly contact?: number;
  /** Of this peer, before those of all. */
  readonly limits?: Limits;
}

/** A peer publishes; one that is down or knows nobody then is skipped, and the skip is counted. */
export interface PublishPlan {
  readonly atMs: number;
  readonly peer: number;
  /** Bytes of the payload. */
  readonly bytes: number;
}

/** The application at a peer is told to do something; a peer that is down then skips it. */
export interface CommandPlan {
  readonly atMs: number;
  readonly peer: number;
  /** What the application makes of it is its own matter; JSON. */
  readonly command: unknown;
}

/** How long a fault lasts. */
interface During {
  readonly atMs: number;
  readonly forMs: number;
}

interface Crash {
  readonly atMs: number;
  readonly restartAfterMs?: number;
  /** Default `kept`. */
  readonly disk?: 'kept' | 'lost';
}

/** A fault of the network. */
export type NetworkFault =
  | (During & PacketFault)
  /** The link between two routers is down, and routes go around it. */
  | (During & { readonly kind: 'linkFailure'; readonly link: readonly [string, string] })
  /** A router is down, and routes go around it; its hosts are cut off. */
  | (During & { readonly kind: 'routerFailure'; readonly router: string });

/** A fault of peers. */
export type PeerFault =
  /**
   * It stops without a word; comes back, as a new incarnation, when `restartAfterMs` says
   * so. Protocols keep nothing then; what its application has saved is there again, unless
   * the disk is lost, too.
   */
  | (Crash & { readonly kind: 'crash'; readonly peer: number })
  /** A share of all peers that are up crashes at once. */
  | (Crash & { readonly kind: 'massFailure'; readonly share: number })
  /** It stands still, and goes on with its state: a stopped process, a sleeping machine. */
  | (During & { readonly kind: 'pause'; readonly peer: number })
  /** It says good-bye; comes back when `rejoinAfterMs` says so, as a new incarnation, or as the same one when its process `stays`. */
  | { readonly kind: 'leave'; readonly atMs: number; readonly peer: number; readonly rejoinAfterMs?: number; readonly stays?: boolean }
  /** It needs `inputMs` for each message and timer. */
  | (During & { readonly kind: 'slow'; readonly peer: number; readonly inputMs: number })
  /** Its clock runs at `rate` times the true speed. */
  | (During & { readonly kind: 'clockSkew'; readonly peer: number; readonly rate: number });

export type Fault = NetworkFault | PeerFault;

export type FaultKind = Fault['kind'];

/**
 * A run as a document: what is there, what happens, what goes wrong. With its seed it
 * determines every event.
 */
export interface Scenario {
  readonly format: typeof SCENARIO_FORMAT;
  readonly name: string;
  readonly seed: number;
  readonly underlay: UnderlaySpec;
  /** Of all peers. */
  readonly group: GroupOptions;
  /** Of all peers where they are live ones. */
  readonly limits?: Limits;
  readonly peers: readonly PeerPlan[];
  readonly publishes: readonly PublishPlan[];
  /** For the application that runs on the peers, where there is one. */
  readonly commands?: readonly CommandPlan[];
  readonly faults: readonly Fault[];
  /** After the last fault has healed and the last message was published, time for the peers to make good. Default: what the protocols are promised to need, see `settleMsOf`. */
  readonly settleMs?: number;
}

export const SCENARIO_FORMAT = 'overlaycast-scenario/1';

/** When the last thing of a scenario happens, faults healed. */
export function lastMs(scenario: Scenario): number {
  const { publishes, commands = [] } = scenario;
  let last = calmMs(scenario);
  for (const { atMs } of [...publishes, ...commands]) last = Math.max(last, atMs);
  return last;
}

/** When the last peer has joined and the last fault has healed: from then on peers only publish. */
export function calmMs({ peers, faults }: Scenario): number {
  let last = 0;
  for (const { joinMs } of peers) last = Math.max(last, joinMs);
  for (const fault of faults) {
    const forMs = 'forMs' in fault ? fault.forMs : 'restartAfterMs' in fault ? fault.restartAfterMs : 'rejoinAfterMs' in fault ? fault.rejoinAfterMs : undefined;
    last = Math.max(last, fault.atMs + (forMs ?? 0));
  }
  return last;
}
