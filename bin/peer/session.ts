import type { Group } from '../../lib/node/group.ts';
import type { Peer } from '../../lib/node/peer.ts';
import { unfitGroup } from './arguments.ts';
import type { ChatCommand } from './arguments.ts';
import { type Input, commandLines } from './commands.ts';
import type { Ending } from './ending.ts';
import { decodeLine, encodeLine } from './envelope.ts';
import { type PeerEvent, type StatsEvent, messageBody, plural } from './events.ts';
import { neighbourLines, neighboursOf } from './neighbours.ts';
import type { Screen } from './screen.ts';
import { Sender } from './sender.ts';

const STATS_MS = 1000;

/** Waits shorter than this are not told to people, and none more often than this. */
const RETRY_SILENT_MS = 1000;
const RETRY_TOLD_MS = 10_000;

/** Time to find a neighbour for lines that still wait at the end of the input. */
const FIND_MS = 10_000;
/** Time for the neighbours' queues to empty after that. */
const DRAIN_MS = 30_000;
const DRAIN_STEP_MS = 10;
/** Time for repair, once the queues are empty. Epidemics tell a message in several cycles of a second. Guesses. */
const REPAIR_MS = 500;
const EPIDEMIC_MS = 4000;

interface Channel {
  readonly group: Group;
  readonly sender: Sender;
  before: { readonly atMs: number; readonly published: number; readonly delivered: number };
}

/** The groups of one peer as channels: shows what comes in, publishes what is typed. */
export class Session {
  private readonly command: ChatCommand;
  private readonly peer: Peer;
  private readonly screen: Screen;
  private readonly ending: Ending;
  private readonly channels = new Map<string, Channel>();
  private statsTimer: NodeJS.Timeout | undefined = undefined;
  private retryToldMs = -Infinity;
  /** Where lines go that name no group. */
  current: string | undefined;
  /** Lines that could not be published, or were not fit to be. */
  unpublished = 0;

  constructor(command: ChatCommand, peer: Peer, screen: Screen, ending: Ending) {
    this.command = command;
    this.peer = peer;
    this.screen = screen;
    this.ending = ending;
    this.current = command.groups[0];
  }

  start(): void {
    this.peer.on('retrying', (what) => this.onRetrying({ event: 'retrying', ...what, linked: this.peer.stats()['links']?.['peers'] ?? 0 }));
    for (const name of this.command.groups) this.join(name);
    if (this.command.stats) this.statsTimer = setInterval(() => this.tellStats(), STATS_MS);
  }

  /** The groups joined. */
  get groups(): readonly string[] {
    return [...this.channels.keys()];
  }

  /** Carries out a line of input; resolves when there is room for another. */
  async take(input: Input, terminal: boolean): Promise<void> {
    switch (input.kind) {
      case 'publish': return this.publish(input.group, input.text, terminal);
      case 'switch': return this.switchTo(input.group);
      case 'join': return this.joinTyped(input.name);
      case 'leave': return this.leave(input.name);
      case 'peers': return this.screen.answer(this.groups.flatMap((name) => this.peersOf(name)));
      case 'help': return this.screen.answer(commandLines().map((line) => `  ${line}`));
      case 'quit': return this.ending.ask();
      case 'mistake': return this.screen.error(input.sentence);
      case 'nothing': return undefined;
    }
  }

  /** A line that cannot be published. */
  refuse(sentence: string): void {
    this.unpublished++;
    this.screen.error(sentence);
  }

  /** After the end of the input: lets lines that wait be published, and what was published be delivered. */
  async settle(): Promise<void> {
    const { lingerMs } = this.command;
    const startMs = performance.now();
    const senders = [...this.channels.values()].map(({ sender }) => sender);
    const idle = Promise.all(senders.map((sender) => sender.idle()));
    const findMs = lingerMs ?? FIND_MS;
    if (!(await this.ending.within(findMs, idle)) && !this.ending.asked) {
      this.screen.error(`no neighbour within ${findMs} ms of the end of the input`);
    } else if (lingerMs !== undefined) {
      await this.ending.pause(lingerMs - (performance.now() - startMs));
    } else if (senders.some(({ published }) => published > 0)) {
      await this.ending.within(DRAIN_MS, this.drained());
      const epidemic = ['rumor', 'anti-entropy'].includes(String(this.command.join.dissemination));
      await this.ending.pause(epidemic ? EPIDEMIC_MS : REPAIR_MS);
    }
  }

  /** Leaves everything. */
  async close(): Promise<void> {
    clearInterval(this.statsTimer);
    for (const { sender } of this.channels.values()) this.unpublished += sender.waiting;
    await this.peer.close();
  }

  private join(name: string): void {
    const group = this.peer.join(name, this.command.join);
    const { screen } = this;
    const sender = new Sender(group, { note: (text) => screen.note(text), error: (text) => screen.error(text) });
    this.channels.set(name, { group, sender, before: { atMs: performance.now(), published: 0, delivered: 0 } });
    group.on('neighbourUp', (peer) => {
      const neighbours = group.neighbours.length;
      this.tell({ event: 'neighbourUp', group: name, peer, neighbours });
      if (neighbours > 1) return;
      this.retryToldMs = -Infinity;
      this.tell({ event: 'ready', group: name, neighbours });
    });
    group.on('neighbourDown', (peer) => {
      if (this.channels.get(name)?.group === group && !this.ending.asked) this.tell({ event: 'neighbourDown', group: name, peer, neighbours: group.neighbours.length });
    });
    group.on('lost', (what) => this.tell({ event: 'lost', group: name, ...what }));
    group.on('lagged', (messages) => this.tell({ event: 'lagged', group: name, messages }));
    group.on('dropped', (what) => this.tell({ event: 'dropped', group: name, ...what }));
    void this.show(group);
  }

  /** Shows messages as fast as they can be written; the group keeps what waits, up to its bound. */
  private async show(group: Group): Promise<void> {
    for await (const { data, from, seq, hops, receivedAt } of group) {
      const { name, text } = decodeLine(data);
      await this.screen.tell({ event: 'message', group: group.name, from, name: name ?? null, ...messageBody(text), seq, hops, receivedAt });
    }
  }

  private async publish(name: string, text: Uint8Array, terminal: boolean): Promise<void> {
    const sender = this.channels.get(name)?.sender;
    if (sender === undefined) return;
    if (terminal && sender.full) return this.refuse(`[${name}] the line was not published: ${plural(sender.waiting, 'line')} wait already`);
    await sender.send(encodeLine({ name: this.command.name, text }));
  }

  private joinTyped(name: string): void {
    const why = this.channels.has(name) ? undefined : unfitGroup(name);
    if (why !== undefined) return this.screen.error(`/join: ${why}`);
    if (!this.channels.has(name)) this.join(name);
    this.switchTo(name);
  }

  private leave(name: string): void {
    const channel = this.channels.get(name);
    if (channel === undefined) return;
    this.channels.delete(name);
    void channel.group.leave();
    if (this.current === name) this.current = this.groups[0];
    const { current } = this;
    this.screen.answer([`[${name}] left${current === undefined ? '' : `; lines go to ${current}`}`]);
  }

  private switchTo(name: string): void {
    this.current = name;
    this.screen.answer([`lines go to ${name}`]);
  }

  private peersOf(name: string): string[] {
    const group = this.channels.get(name)?.group;
    return group === undefined ? [] : [`[${name}] ${plural(group.neighbours.length, 'neighbour')}`, ...neighbourLines(neighboursOf(group), Date.now())];
  }

  private tellStats(): void {
    const nowMs = performance.now();
    for (const [name, channel] of this.channels) {
      const { neighbours, published, delivered, duplicates, missing, lost, dropped, lagged } = channel.group.stats();
      const { before } = channel;
      const perS = (now: number, then: number): number => Math.round(((now - then) * 1000) / (nowMs - before.atMs));
      const stats: StatsEvent = {
        event: 'stats', group: name, neighbours,
        published, publishedPerS: perS(published, before.published),
        delivered, deliveredPerS: perS(delivered, before.delivered),
        duplicates, missing, lost, dropped, lagged, waiting: channel.sender.waiting,
      };
      channel.before = { atMs: nowMs, published, delivered };
      this.tell(stats);
    }
  }

  /** People are told when it takes long, and now and then; not where they have named nobody to join through. */
  private onRetrying(event: Extract<PeerEvent, { event: 'retrying' }>): void {
    const nowMs = performance.now();
    if (!this.command.json) {
      if (event.inMs < RETRY_SILENT_MS || this.command.peer.bootstrap?.length === 0 || nowMs - this.retryToldMs < RETRY_TOLD_MS) return;
      this.retryToldMs = nowMs;
    }
    this.tell(event);
  }

  private tell(event: PeerEvent): void {
    void this.screen.tell(event);
  }

  /** Resolves once nothing waits to be sent to any neighbour. */
  private async drained(): Promise<void> {
    const busy = (): boolean => [...this.channels.values()].some(({ group }) =>
      group.neighbours.some((peer) => group.explain(peer)?.links.some(({ queuedBytes }) => queuedBytes > 0)));
    while (busy() && !this.ending.asked) await this.ending.pause(DRAIN_STEP_MS);
  }
}
