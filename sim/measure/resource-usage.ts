import type { LinkCopies } from './link-stress.ts';
import type { RouterOracle } from './unicast.ts';

/** Sum over physical links of delay x stress, in ms (METRICS: `resourceUsage`). */
export interface ResourceUsage {
  /** Access links included. Equals the sum of the unicast delays of all transmissions. */
  readonly allMs: number;
  readonly routersMs: number;
}

export function resourceUsage(oracle: RouterOracle, copies: LinkCopies): ResourceUsage {
  let routersMs = 0;
  for (let link = 0; link < oracle.graph.links; link++) {
    routersMs += (oracle.graph.linkDelayMs[link] as number) * ((copies.ab[link] as number) + (copies.ba[link] as number));
  }
  let allMs = routersMs;
  for (let host = 0; host < oracle.hosts; host++) {
    allMs += oracle.accessDelayMs(host) * ((copies.up[host] as number) + (copies.down[host] as number));
  }
  return { allMs, routersMs };
}
