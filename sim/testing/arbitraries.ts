import fc from 'fast-check';
import { CONTRACTS, CONVERGING, type Contract } from '../scenario/bounds.ts';
import { FAULT_KINDS, drawFault, drawScenario, drawUnderlay } from '../scenario/draw.ts';
import { Random } from '../../lib/core/random.ts';
import type { GroupOptions } from '../../lib/core/config.ts';
import type { CommandPlan, Fault, FaultKind, PublishPlan, Scenario, UnderlaySpec } from '../scenario/scenario.ts';

/** Seeds as the simulator takes them. */
const seeds = fc.integer({ min: 0, max: 2 ** 31 - 1 });

/** Time in which peers join, publish and suffer, in ms, where nothing else is said. */
const ACTIVE_MS = 12_000;

/** Networks with that many hosts or more: equal delays, rings, stars and Waxman graphs. */
export function underlays({ hosts }: { readonly hosts: number }): fc.Arbitrary<UnderlaySpec> {
  return seeds.map((seed) => drawUnderlay(new Random(seed), hosts));
}

/** Who publishes what when, among peers 0 to `peers` - 1; sorted by time. */
export function workloads({ peers, messagesMax = 40, activeMs = ACTIVE_MS }: {
  readonly peers: number;
  readonly messagesMax?: number;
  readonly activeMs?: number;
}): fc.Arbitrary<PublishPlan[]> {
  const publish = fc.record({ atMs: fc.integer({ min: 0, max: activeMs }), peer: fc.integer({ min: 0, max: peers - 1 }), bytes: fc.constantFrom(0, 10, 100, 1000, 5000) });
  return fc.array(publish, { maxLength: messagesMax }).map((all) => all.sort((x, y) => x.atMs - y.atMs));
}

/** What goes wrong among peers 0 to `peers` - 1, all of it healed by `activeMs` but for peers that do not come back. */
export function faultSchedules({ peers, underlay, kinds = FAULT_KINDS, faultsMax = 8, activeMs = ACTIVE_MS }: {
  readonly peers: number;
  readonly underlay: UnderlaySpec;
  readonly kinds?: readonly FaultKind[];
  readonly faultsMax?: number;
  readonly activeMs?: number;
}): fc.Arbitrary<Fault[]> {
  const hosts = Array.from({ length: peers }, (_, host) => host);
  const fault = fc.tuple(fc.constantFrom(...kinds), seeds).map(([kind, seed]) => drawFault(new Random(seed), kind, hosts, underlay, activeMs));
  return fc.array(fault, { maxLength: faultsMax }).map((all) => all.filter((one) => one !== undefined).sort((x, y) => x.atMs - y.atMs));
}

/** What `scenarios` may draw from. */
export interface ScenarioChoices {
  /** How groups are put together. Default: all that the library makes promises for; with `commands`, those of them that bring everything to everybody. */
  readonly contracts?: readonly Contract[];
  /** Added to the options of every group, and stronger than what is drawn. */
  readonly group?: GroupOptions;
  /** At most; 16 by default. */
  readonly peersMax?: number;
  readonly activeMs?: number;
  readonly kinds?: readonly FaultKind[];
  /** What the application is told, at any time at any peer; then it alone publishes. */
  readonly commands?: fc.Arbitrary<unknown>;
  /** At most; 30 by default. */
  readonly commandsMax?: number;
}

/**
 * Whole scenarios. They do not shrink by fast-check, since `holds` does that itself,
 * with the knowledge of what a scenario is.
 */
export function scenarios(choices: ScenarioChoices = {}): fc.Arbitrary<Scenario> {
  const { contracts = choices.commands === undefined ? CONTRACTS : CONVERGING, group = {}, peersMax = 16, activeMs = ACTIVE_MS, kinds = FAULT_KINDS, commands, commandsMax = 30 } = choices;
  const drawn = seeds.map((seed) => {
    const scenario = drawScenario(seed, { contracts, peersMax, activeMs, kinds });
    return { ...scenario, group: { ...scenario.group, ...group } };
  });
  if (commands === undefined) return fc.noShrink(drawn);
  return fc.noShrink(drawn.chain((scenario) => {
    const command: fc.Arbitrary<CommandPlan> = fc.record({
      atMs: fc.integer({ min: 0, max: activeMs }),
      peer: fc.constantFrom(...scenario.peers.map(({ host }) => host)),
      command: commands,
    });
    return fc.array(command, { maxLength: commandsMax, size: 'max' }).map((all) => ({ ...scenario, publishes: [], commands: all.sort((x, y) => x.atMs - y.atMs) }));
  }));
}
