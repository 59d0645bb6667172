import { type OverlayOptions, groupConfig } from '../../../lib/core/config.ts';
import type { Message } from '../../../lib/core/messages.ts';
import type { Invariant } from '../invariant.ts';
import { lastMs } from '../scenario.ts';

/** Overlays that keep a link to each neighbour, and to nobody else. */
const LINKED: readonly OverlayOptions['kind'][] = ['hyparview', 'x-bot', 'switch-tree', 'cyclon'];

/** A link costs a file descriptor and keep-alives: it is there for a reason. */
export const LINKS_MATCH: Invariant = {
  name: 'links-match',
  claim: 'a peer keeps one link open to each neighbour, and none to anybody else; none at all with Cyclon',
  kind: 'safety',
  watch(run, report) {
    const { kind } = groupConfig(run.scenario.group).overlay;
    if (!LINKED.includes(kind)) return undefined;
    const look = (isEnd: boolean): void => {
      const links = linksByOwner(run.links);
      for (const peer of run.up) {
        const neighbours = kind === 'cyclon' ? [] : (run.group(peer)?.overlay.neighbours ?? []);
        const open = links.get(peer) ?? [];
        const spare = open.find((other, i) => !neighbours.some((one) => one === other) || open.indexOf(other) !== i);
        if (spare !== undefined) report(`keeps a link to peer ${spare} that it does not need`, peer);
        // A link that has failed is noticed a little later.
        const lacking = isEnd ? neighbours.find((other) => !open.includes(other)) : undefined;
        if (lacking !== undefined) report(`keeps no link to peer ${lacking}, its neighbour`, peer);
      }
    };
    return { onTick: () => look(false), onProbe: () => look(true) };
  },
};

function linksByOwner(links: readonly (readonly [number, number])[]): ReadonlyMap<number, readonly number[]> {
  const byOwner = new Map<number, number[]>();
  for (const [owner, peer] of links) {
    const open = byOwner.get(owner);
    if (open === undefined) byOwner.set(owner, [peer]);
    else open.push(peer);
  }
  return byOwner;
}

/** So long after the last fault no link fails on account of it any more, in ms. A guess. */
const FAILED_MS = 10_000;

/** So long a word is under way at most, in ms. A guess. */
const WORD_MS = 5000;

/** Who lets a neighbour go tells it, or has been told: else the other one sends to who does not listen. */
export const GOODBYES_SAID: Invariant = {
  name: 'goodbyes-said',
  claim: `from ${FAILED_MS} ms after the last fault on no peer of HyParView or X-BOT ceases to be the neighbour of one that lives without a word from one to the other`,
  kind: 'safety',
  watch(run, report) {
    const { kind } = groupConfig(run.scenario.group).overlay;
    if (kind !== 'hyparview' && kind !== 'x-bot') return undefined;
    const fromMs = lastMs(run.scenario) + FAILED_MS;
    /** By pair: when the last word was said. */
    const words = new Map<string, number>();
    let parted: (readonly [peer: number, other: number])[] = [];
    const isSaid = (from: number, to: number): boolean => run.nowMs - (words.get(`${from} ${to}`) ?? -Infinity) <= WORD_MS;
    return {
      onTransmission(from, to, message) {
        if (isGoodbye(message)) words.set(`${from} ${to}`, run.nowMs);
      },
      onEvent(peer, event) {
        if (event.kind === 'neighbourDown' && run.nowMs >= fromMs) parted.push([peer, event.peer]);
      },
      onTick() {
        for (const [peer, other] of parted) {
          if (run.up.includes(other) && !isSaid(peer, other) && !isSaid(other, peer)) report(`has let peer ${other} go without a word`, peer);
        }
        parted = [];
      },
    };
  },
};

function isGoodbye(message: Message): boolean {
  switch (message.kind) {
    case 'disconnect':
    case 'disconnectWait': return true;
    // The disconnected peer has given up the candidate, which learns it so.
    case 'replaceReply': return message.accepted;
    default: return false;
  }
}
