import type { LinkCopies } from '../measure/link-stress.ts';
import type { RouterOracle } from '../measure/unicast.ts';
import type { LinkResult } from '../report/report.ts';
import type { Field } from './field.ts';

/** Adds the copies of one message more to those of `total`, in place where there are any; answers the sum. */
export function addCopies(total: LinkCopies | undefined, copies: LinkCopies): LinkCopies {
  if (total === undefined) return copies;
  for (const part of ['ab', 'ba', 'up', 'down'] as const) {
    const sum = total[part];
    for (let index = 0; index < sum.length; index++) sum[index] = (sum[index] as number) + (copies[part][index] as number);
  }
  return total;
}

/** Each link's stress, the mean over `messages`, from their copies added up: router links in order, then the access links of the hosts (host to router is AB). */
export function linkResults(field: Field, oracle: RouterOracle, copies: LinkCopies, messages: number): LinkResult[] {
  const { underlay } = field;
  if (underlay.kind === 'matrix') return [];
  const result = (a: string, b: string, delayMs: number, ab: number, ba: number): LinkResult => ({
    a, b, delayMs, copies: (ab + ba) / messages, copiesAB: ab / messages, copiesBA: ba / messages,
  });
  const name = (router: number): string => underlay.routers[router]?.id ?? '';
  const between = underlay.links.map((link, index) =>
    result(name(link.a), name(link.b), link.delayMs, copies.ab[index] as number, copies.ba[index] as number),
  );
  const access = field.hostIds.map((id, host) =>
    result(id, name(oracle.router(host)), oracle.accessDelayMs(host), copies.up[host] as number, copies.down[host] as number),
  );
  return [...between, ...access];
}
