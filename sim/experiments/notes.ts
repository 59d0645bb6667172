import { DEFAULTS } from '../../lib/core/config.ts';
import type { ProtocolResult, ReportOptions } from '../report/report.ts';
import type { PhysicalLink } from '../underlay/underlay.ts';
import type { Field } from './field.ts';

/** What must be known to read the results, one sentence each. `unsettled`: protocols whose run had to be stopped. */
export function resultNotes(field: Field, options: ReportOptions, results: readonly ProtocolResult[], unsettled: readonly string[]): string[] {
  return [...fieldNotes(field, results), ...conditionNotes(field, options, results), ...deliveryNotes(options, results, unsettled)];
}

function fieldNotes(field: Field, results: readonly ProtocolResult[]): string[] {
  const notes: string[] = [];
  if (field.links === undefined) {
    notes.push('A latency matrix has no links: link stress, resource usage and ratios to IP multicast do not exist here; measured delays break the triangle inequality, so that RDP below 1 is possible.');
  }
  const { graftTimeoutMs } = DEFAULTS.dissemination.plumtree;
  if (2 * field.delayBoundMs > graftTimeoutMs && results.some(({ protocol }) => /^(plumtree|flood|rumor)/.test(protocol))) {
    notes.push(`Round trips may take up to ${Math.round(2 * field.delayBoundMs)} ms, which comes near the default timeouts and cycles of the protocols (${graftTimeoutMs} ms and more): what they send again for that is part of the figures.`);
  }
  return notes;
}

function conditionNotes(field: Field, options: ReportOptions, results: readonly ProtocolResult[]): string[] {
  const notes: string[] = [];
  if (options.loss > 0) {
    notes.push(`Every packet is lost with probability ${options.loss}; links send reliable traffic again, which counts as stress, and IP multicast and rumors do not.`);
  }
  const links = field.underlay.kind === 'routers' ? field.underlay.links : [];
  const losing = count(links, ({ loss = 0 }) => loss > 0);
  if (losing > 0) notes.push(`${losing} links of the map lose packets themselves; IP multicast and rumors are not sent again.`);
  const jittery = count(links, ({ jitterMs = 0 }) => jitterMs > 0);
  if (jittery > 0) notes.push(`${jittery} links of the map have jitter of their own.`);
  const limited = count(links, ({ bandwidthMbps }) => bandwidthMbps !== undefined);
  if (limited > 0) notes.push(`${limited} links of the map limit bandwidth: packets wait there, except those of IP multicast, which take the delay alone.`);
  const dropped = results.filter(({ queueDrops }) => queueDrops > 0).map(({ protocol, queueDrops }) => `${protocol} (${queueDrops})`);
  if (dropped.length > 0) notes.push(`Full queues of links dropped packets of ${dropped.join(', ')}.`);
  return notes;
}

function deliveryNotes(options: ReportOptions, results: readonly ProtocolResult[], unsettled: readonly string[]): string[] {
  const notes: string[] = [];
  if (unsettled.length > 0) {
    notes.push(`With ${unsettled.join(', ')} payloads were still under way long after the last publish, when the run was stopped: their figures are of what had happened by then.`);
  }
  const undelivered = results.filter(({ reliability }) => reliability === 0).map(({ protocol }) => protocol);
  if (undelivered.length > 0) notes.push(`No receiver got a message with ${undelivered.join(', ')}: figures of deliveries do not exist there.`);
  if (results.some(({ rdp, reliability }) => rdp === null && reliability > 0)) notes.push('Receivers at delay 0 from the source have no RDP.');
  const residual = results.some(({ protocol, reliability, queueDrops }) => protocol.startsWith('rumor') && reliability < 1 && queueDrops === 0);
  if (residual && !unsettled.some((protocol) => protocol.startsWith('rumor'))) {
    const also = options.loss > 0 ? ', and loss adds to it' : '';
    notes.push(`Rumor mongering leaves a residue by design${also}: RDP and tree cost are over the receivers that were reached.`);
  }
  return notes;
}

function count(links: readonly PhysicalLink[], has: (link: PhysicalLink) => boolean): number {
  return links.filter(has).length;
}
