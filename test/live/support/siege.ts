import type { PeerOptions } from '../../../lib/node/options.ts';
import { type Address, type TransportKind, parseAddress } from '../../../lib/transport/address.ts';
import { LISTEN, type Member, Peers } from './peers.ts';
import { until } from './until.ts';

const LATER_MS = 40_000;

/** Limits so low that a flood comes up against them. */
export const LIMITS = { linksMax: 64, pendingMax: 32, peersMax: 16_384, queueBytesMax: 2 * 1024 * 1024, closeTimeoutMs: 200 } satisfies PeerOptions;

/** So much that a flood does not push out what honest members may have to send again. */
const HISTORY = { messagesMax: 50_000, bytesMax: 512 * 1024 * 1024 };

/** Honest members under attack, and what must stay true of them. */
export class Siege {
  private readonly peers = new Peers();
  /** What nobody caught. */
  private readonly uncaught: unknown[] = [];
  private readonly onUncaught = (error: unknown): void => { this.uncaught.push(error); };

  constructor() {
    process.on('uncaughtException', this.onUncaught).on('unhandledRejection', this.onUncaught);
  }

  /** Three members that listen on one transport. */
  async members(kind: TransportKind, join = {}, options: PeerOptions = {}): Promise<[Member, ...Member[]]> {
    return await this.peers.group(3, { listen: LISTEN[kind], ...LIMITS, ...options }, { history: HISTORY, ...join }) as [Member, ...Member[]];
  }

  /** The members publish by turns while `attack` goes on, and a while longer; everyone delivers everything, once. */
  async deliverDuring(members: readonly Member[], attack: () => Promise<unknown>, payload = ''): Promise<void> {
    let attacking = true;
    const attacked = attack().finally(() => { attacking = false; });
    const published: string[] = [];
    while (attacking || published.length < 30) {
      const text = `honest ${published.length} ${payload}`;
      await members[published.length % members.length]?.publish(text);
      published.push(text);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await attacked;
    const missing = (): number[][] => members.map((member, i) => {
      const texts = new Set(member.texts);
      return published.flatMap((text, n) => (n % members.length === i || texts.has(text) ? [] : [n]));
    });
    await until(() => missing().every((numbers) => numbers.length === 0), LATER_MS, missing);
    for (const member of members) this.check(member);
  }

  /** Closes everything; throws when something went wrong that nobody was told. */
  async end(): Promise<void> {
    await this.peers.close();
    process.off('uncaughtException', this.onUncaught).off('unhandledRejection', this.onUncaught);
    if (this.uncaught.length > 0) throw this.uncaught[0];
  }

  /** Nothing was delivered twice; tables and queues are within their limits. */
  private check({ peer, group, texts }: Member): void {
    const honest = texts.filter((text) => text.startsWith('honest '));
    const { peers: table, links } = peer.stats();
    const queued = group.neighbours.flatMap((id) => group.explain(id)?.links ?? []).map(({ queuedBytes }) => queuedBytes);
    const bounds = {
      twice: [honest.length - new Set(honest).size, 0],
      known: [table?.['known'] ?? NaN, LIMITS.peersMax],
      links: [links?.['up'] ?? NaN, LIMITS.linksMax],
      queued: [Math.max(0, ...queued), LIMITS.queueBytesMax],
    } as const;
    for (const [name, [value, most]] of Object.entries(bounds)) if (!(value <= most)) throw new Error(`${name}: ${value} of ${most}`);
  }
}

export function addressOf({ peer }: Member): Address {
  return parseAddress(peer.addresses[0] ?? '', 'test');
}

/** One of its counters. */
export function counter({ peer }: Member, of: string, name: string): number {
  return peer.stats()[of]?.[name] ?? NaN;
}
