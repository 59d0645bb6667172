import { randomBytes } from 'node:crypto';
import { OverlayError } from '../../lib/core/errors.ts';
import { createPeer } from '../../lib/node/create-peer.ts';
import type { Group } from '../../lib/node/group.ts';
import type { PeerId } from '../../lib/node/peer-table.ts';
import { parseAddress } from '../../lib/transport/address.ts';
import type { PingCommand } from './arguments.ts';
import { defaultListen } from './arguments.ts';
import type { Ending } from './ending.ts';
import { renderJson } from './events.ts';
import { milliseconds } from './neighbours.ts';
import { watchRoundTrips } from './round-trips.ts';

/** What `ping` tells, in this order; with `--json` one object each. */
export type PingEvent =
  | { readonly event: 'reached'; readonly address: string; readonly peer: PeerId; readonly transport: string; readonly openedMs: number }
  | { readonly event: 'roundTrip'; readonly number: number; readonly ms: number }
  | { readonly event: 'noAnswer'; readonly number: number }
  | PingSummary;

export interface PingSummary {
  readonly event: 'summary';
  readonly address: string;
  readonly sent: number;
  readonly answered: number;
  readonly minMs: number | null;
  readonly avgMs: number | null;
  readonly maxMs: number | null;
}

/** Time until somebody must have answered. */
const REACH_MS = 5000;

/** A probe is sent in every other interval, so once in a second; an answer that takes longer than one counts as none. */
const DETECTOR = { probeIntervalMs: 500, probeTimeoutMs: 499, indirectProbes: 0, suspicionMult: 20, suspicionMaxMult: 1 };

/**
 * `overlay-peer ping`: opens a link to a peer, without joining a group of its, and
 * measures what the failure detector's probes take. Answers whether any was answered.
 * @throws OverlayError when nobody is reached.
 */
export async function ping({ address, count, json }: PingCommand, ending: Ending): Promise<boolean> {
  const tell = (event: PingEvent): void => void process.stdout.write(`${json ? renderJson(event) : pingText(event)}\n`);
  const startMs = performance.now();
  const peer = await createPeer({ listen: defaultListen([parseAddress(address, 'ping')]).filter((listen) => listen.startsWith(address.slice(0, 3))), failureDetector: DETECTOR });
  try {
    // No other has joined a group of this name: a link is all that comes of it.
    const group = peer.join(`ping ${randomBytes(16).toString('hex')}`, { overlay: 'full', members: [address], dissemination: 'unicast', repair: 'none', since: 'any' });
    const refused = new Promise<void>((resolve) => peer.on('retrying', ({ reason }) => { if (reason.endsWith('unreachable')) resolve(); }));
    const ready = group.ready({ timeoutMs: Infinity }).catch(ifNotClosed);
    const answered = await ending.within(REACH_MS, Promise.race([ready, refused]));
    const [target] = group.neighbours;
    if (ending.asked) return false;
    if (target === undefined) throw new OverlayError('NOT_READY', `${address}: nobody answers${answered ? '' : ` within ${REACH_MS} ms`}.`);
    const transport = group.explain(target)?.links[0]?.transport ?? 'none';
    tell({ event: 'reached', address, peer: target, transport, openedMs: rounded(performance.now() - startMs) });
    const results: (number | undefined)[] = [];
    const onResult = (ms: number | undefined): void => {
      results.push(ms);
      tell(ms === undefined ? { event: 'noAnswer', number: results.length } : { event: 'roundTrip', number: results.length, ms: rounded(ms) });
    };
    await measure(peer.id, group, target, count, ending, onResult);
    tell(summaryOf(address, results));
    return results.some((ms) => ms !== undefined);
  } finally {
    ending.ask();
    await peer.close();
  }
}

/** Hands over what each probe took, `undefined` for one without an answer, until there are `count`. */
async function measure(self: PeerId, group: Group, target: PeerId, count: number, ending: Ending, onResult: (ms: number | undefined) => void): Promise<void> {
  let stop = (): void => {};
  const done = new Promise<void>((resolve) => {
    let results = 0;
    let open = false;
    const result = (ms: number | undefined): void => {
      if (results >= count) return;
      open = false;
      onResult(ms);
      if (++results === count) resolve();
    };
    stop = watchRoundTrips(self, {
      onPing: (to) => {
        if (to !== target) return;
        if (open) result(undefined);
        open = true;
      },
      onRoundTrip: (from, ms) => {
        if (from === target && open) result(ms);
      },
    });
    group.on('neighbourDown', () => {
      if (open) result(undefined);
      resolve();
    });
  });
  await ending.within(Infinity, done);
  stop();
}

export function summaryOf(address: string, results: readonly (number | undefined)[]): PingSummary {
  const answered = results.filter((ms) => ms !== undefined);
  const none = answered.length === 0;
  return {
    event: 'summary',
    address,
    sent: results.length,
    answered: answered.length,
    minMs: none ? null : rounded(Math.min(...answered)),
    avgMs: none ? null : rounded(answered.reduce((sum, ms) => sum + ms, 0) / answered.length),
    maxMs: none ? null : rounded(Math.max(...answered)),
  };
}

export function pingText(event: PingEvent): string {
  switch (event.event) {
    case 'reached':
      return `${event.address} is peer ${event.peer}, reached over ${event.transport} in ${milliseconds(event.openedMs)}`;
    case 'roundTrip':
      return `round trip ${event.number}: ${milliseconds(event.ms)}`;
    case 'noAnswer':
      return `round trip ${event.number}: no answer`;
    case 'summary': {
      const { sent, answered, minMs, avgMs, maxMs } = event;
      const lost = sent === 0 ? 0 : Math.round(((sent - answered) * 100) / sent);
      const times = answered === 0 ? '' : `; min/avg/max ${[minMs, avgMs, maxMs].map(milliseconds).join(', ')}`;
      return `${event.address}: ${sent} sent, ${answered} answered, ${lost} % lost${times}`;
    }
  }
}

/** Three decimals: microseconds. */
function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

/** A wait ends so when the peer is closed meanwhile. */
export function ifNotClosed(error: unknown): void {
  if (!(error instanceof OverlayError && error.code === 'CLOSED')) throw error;
}
