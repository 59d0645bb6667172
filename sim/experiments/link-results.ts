import type { LinkCopies } from '../measure/link-stress.ts';
import type { RouterOracle } from '../measure/unicast.ts';
import type { LinkResult } from '../report/report.ts';
import type { Field } from './field.ts';

/** The copies of several messages, added. */
export function sumCopies(each: readonly LinkCopies[]): LinkCopies | undefined {
  const [first, ...others] = each;
  if (first === undefined) return undefined;
  const sum = (part: keyof LinkCopies): Float64Array =>
    others.reduce((total, copies) => total.map((value, index) => value + (copies[part][index] as number)), first[part]);
  return { ab: sum('ab'), ba: sum('ba'), up: sum('up'), down: sum('down') };
}

/** Each link's stress, the mean over `messages`: router links in order, then the access links of the hosts (host to router is AB). */
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
