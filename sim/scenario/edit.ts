import type { Fault, PeerPlan, Scenario } from './scenario.ts';

/** The scenario without those peers: nobody joins through them, publishes at them or strikes them. */
export function withoutPeers(scenario: Scenario, gone: ReadonlySet<number>): Scenario {
  const peers = scenario.peers.filter(({ host }) => !gone.has(host)).map((plan) => withContact(plan, gone));
  return {
    ...scenario,
    peers,
    publishes: scenario.publishes.filter(({ peer }) => !gone.has(peer)),
    ...(scenario.commands !== undefined && { commands: scenario.commands.filter(({ peer }) => !gone.has(peer)) }),
    faults: scenario.faults.flatMap((fault) => faultWithout(fault, gone) ?? []),
  };
}

function withContact(plan: PeerPlan, gone: ReadonlySet<number>): PeerPlan {
  if (plan.contact === undefined || !gone.has(plan.contact)) return plan;
  const { contact: _contact, ...stays } = plan;
  return stays;
}

/** The fault among those that stay; `undefined` when it strikes none of them. */
function faultWithout(fault: Fault, gone: ReadonlySet<number>): Fault | undefined {
  if ('peer' in fault) return gone.has(fault.peer) ? undefined : fault;
  if (fault.kind === 'partition') {
    const sides = fault.sides.map((hosts) => hosts.filter((host) => !gone.has(host))).filter((hosts) => hosts.length > 0);
    return sides.length < 2 ? undefined : { ...fault, sides };
  }
  if (!('between' in fault) || fault.between === undefined) return fault;
  const from = fault.between.from?.filter((host) => !gone.has(host));
  const to = fault.between.to?.filter((host) => !gone.has(host));
  if (from?.length === 0 || to?.length === 0) return undefined;
  return { ...fault, between: { ...(from !== undefined && { from }), ...(to !== undefined && { to }) } };
}

/** The hosts numbered anew from 0, on a network in which all are `delayMs` apart. Failures of links and routers have no place there and go. */
export function onEqualDelays(scenario: Scenario, delayMs: number): Scenario {
  const hosts = scenario.peers.map(({ host }) => host).sort((x, y) => x - y);
  const numbers = new Map(hosts.map((host, index) => [host, index]));
  const faults = scenario.faults.filter(({ kind }) => kind !== 'linkFailure' && kind !== 'routerFailure');
  return renumbered({ ...scenario, underlay: { kind: 'equal', hosts: Math.max(1, hosts.length), delayMs }, faults }, (host) => numbers.get(host) ?? -1);
}

function renumbered(scenario: Scenario, numberOf: (host: number) => number): Scenario {
  const all = (hosts: readonly number[]): number[] => hosts.map(numberOf).filter((host) => host >= 0);
  return {
    ...scenario,
    peers: scenario.peers.map((plan) => ({ ...plan, host: numberOf(plan.host), ...(plan.contact !== undefined && { contact: numberOf(plan.contact) }) })),
    publishes: scenario.publishes.map((plan) => ({ ...plan, peer: numberOf(plan.peer) })),
    ...(scenario.commands !== undefined && { commands: scenario.commands.map((plan) => ({ ...plan, peer: numberOf(plan.peer) })) }),
    faults: scenario.faults.map((fault): Fault => {
      if ('peer' in fault) return { ...fault, peer: numberOf(fault.peer) };
      if (fault.kind === 'partition') return { ...fault, sides: fault.sides.map(all) };
      if (!('between' in fault) || fault.between === undefined) return fault;
      const { from, to } = fault.between;
      return { ...fault, between: { ...(from !== undefined && { from: all(from) }), ...(to !== undefined && { to: all(to) }) } };
    }),
  };
}

/**
 * A generated network with no more routers than it takes, a peer on each of the first;
 * failures of those that are gone go, too. `undefined` where there are no more.
 */
export function onFewerRouters(scenario: Scenario): Scenario | undefined {
  const { underlay } = scenario;
  if (underlay.kind !== 'generated') return undefined;
  const routers = Math.max(ROUTERS_MIN, scenario.peers.length);
  if ((underlay.parameters['routers'] ?? 0) <= routers) return undefined;
  const hosts = scenario.peers.map(({ host }) => host).sort((x, y) => x - y);
  const numbers = new Map(hosts.map((host, index) => [host, index]));
  const isThere = (router: string): boolean => Number(router) < routers;
  const faults = scenario.faults.filter((fault) => (fault.kind === 'linkFailure' ? fault.link.every(isThere) : fault.kind !== 'routerFailure' || isThere(fault.router)));
  const smaller = { ...underlay, parameters: { ...underlay.parameters, routers } };
  return renumbered({ ...scenario, underlay: smaller, faults }, (host) => numbers.get(host) ?? -1);
}

/** Every generator makes a network of so many. */
const ROUTERS_MIN = 4;

/** All that happens, sooner: times are multiplied by `factor`; how long faults last, too. */
export function sooner(scenario: Scenario, factor: number): Scenario {
  const at = (ms: number): number => Math.round(ms * factor);
  return {
    ...scenario,
    peers: scenario.peers.map((plan) => ({ ...plan, joinMs: at(plan.joinMs) })),
    publishes: scenario.publishes.map((plan) => ({ ...plan, atMs: at(plan.atMs) })),
    ...(scenario.commands !== undefined && { commands: scenario.commands.map((plan) => ({ ...plan, atMs: at(plan.atMs) })) }),
    faults: scenario.faults.map((fault) => ({
      ...fault,
      atMs: at(fault.atMs),
      ...('forMs' in fault && { forMs: Math.max(1, at(fault.forMs)) }),
      ...('restartAfterMs' in fault && fault.restartAfterMs !== undefined && { restartAfterMs: at(fault.restartAfterMs) }),
      ...('rejoinAfterMs' in fault && fault.rejoinAfterMs !== undefined && { rejoinAfterMs: at(fault.rejoinAfterMs) }),
    }) as Fault),
  };
}
