import { OverlayError } from '../../lib/core/errors.ts';
import { createPeer } from '../../lib/node/create-peer.ts';
import type { Group, GroupStats } from '../../lib/node/group.ts';
import type { PeerId } from '../../lib/node/peer-table.ts';
import { style } from '../../sim/report/layout.ts';
import { wantsColor } from '../output.ts';
import type { WatchCommand } from './arguments.ts';
import type { Ending } from './ending.ts';
import { plural, renderJson, shortId } from './events.ts';
import { type NeighbourView, neighbourLines, neighboursOf } from './neighbours.ts';
import { ifNotClosed } from './ping.ts';
import { watchRoundTrips } from './round-trips.ts';

/** What `watch` shows each second; with `--json` one object each. */
export interface WatchEvent {
  readonly event: 'watch';
  readonly id: PeerId;
  readonly group: string;
  readonly timeMs: number;
  readonly deliveredPerS: number;
  readonly duplicatesPerS: number;
  readonly delivered: number;
  readonly lost: number;
  readonly neighbours: readonly NeighbourView[];
}

/** Time until somebody must have answered. */
const REACH_MS = 10_000;
const STEP_MS = 1000;

/**
 * `overlay-peer watch`: joins a group as a member that publishes nothing, and shows
 * its neighbours each second.
 * @throws OverlayError when no member is reached.
 */
export async function watch(command: WatchCommand, ending: Ending): Promise<void> {
  const { address, count = Infinity } = command;
  const peer = await createPeer(command.peer);
  const meter = new Meter();
  const stop = watchRoundTrips(peer.id, meter);
  try {
    const group = peer.join(command.group, command.join);
    // Messages are counted, not kept.
    group.on('message', () => {});
    const reached = await ending.within(REACH_MS, group.ready({ timeoutMs: Infinity }).catch(ifNotClosed));
    if (!reached && !ending.asked) throw new OverlayError('NOT_READY', `${address}: no member of ${command.group} answers within ${REACH_MS} ms.`);
    const display = new Display(command.json);
    // The first second begins now.
    meter.take(peer.id, group);
    for (let shown = 0; shown < count && !ending.asked; shown++) {
      await ending.pause(STEP_MS);
      if (!ending.asked) display.show(meter.take(peer.id, group));
    }
  } finally {
    stop();
    ending.ask();
    await peer.close();
  }
}

/** Counts between one look and the next. */
class Meter {
  private readonly copies = new Map<PeerId, number>();
  private readonly rtts = new Map<PeerId, number>();
  private before: { readonly atMs: number; readonly stats: GroupStats } | undefined = undefined;

  onRoundTrip(from: PeerId, ms: number): void {
    this.rtts.set(from, ms);
  }

  onCopy(from: PeerId): void {
    this.copies.set(from, (this.copies.get(from) ?? 0) + 1);
  }

  take(id: PeerId, group: Group): WatchEvent {
    const atMs = performance.now();
    const stats = group.stats();
    const { before = { atMs: atMs - STEP_MS, stats } } = this;
    const perS = (more: number): number => Math.round((more * 1000) / (atMs - before.atMs));
    const neighbours = neighboursOf(group, (peer) => this.rtts.get(peer)).map((view) => ({ ...view, receivedPerS: perS(this.copies.get(view.peer) ?? 0) }));
    for (const peer of this.rtts.keys()) if (!group.neighbours.includes(peer)) this.rtts.delete(peer);
    this.copies.clear();
    this.before = { atMs, stats };
    return {
      event: 'watch', id, group: group.name, timeMs: Date.now(),
      deliveredPerS: perS(stats.delivered - before.stats.delivered),
      duplicatesPerS: perS(stats.duplicates - before.stats.duplicates),
      delivered: stats.delivered, lost: stats.lost, neighbours,
    };
  }
}

/** Draws each block over the one before at a terminal; elsewhere one after the other, with an empty line between. */
class Display {
  private readonly json: boolean;
  private readonly inPlace: boolean;
  private readonly color: boolean;
  private drawn = 0;
  private first = true;

  constructor(json: boolean) {
    this.json = json;
    this.inPlace = process.stdout.isTTY && process.env['TERM'] !== 'dumb';
    this.color = wantsColor(process.env, process.stdout.isTTY);
  }

  show(event: WatchEvent): void {
    const { stdout } = process;
    if (!stdout.writable) return;
    if (this.json) {
      stdout.write(`${renderJson(event)}\n`);
      return;
    }
    const lines = watchLines(event);
    if (this.inPlace) {
      const fitting = lines.slice(0, Math.max(1, stdout.rows - 1)).map((line) => line.slice(0, Math.max(1, stdout.columns - 1)));
      const up = this.drawn > 0 ? `\u001b[${this.drawn}A\r\u001b[J` : '';
      stdout.write(`${up}${fitting.map((line, index) => (index === 0 ? style(this.color).bold(line) : line)).join('\n')}\n`);
      this.drawn = fitting.length;
    } else {
      stdout.write(`${this.first ? '' : '\n'}${lines.join('\n')}\n`);
    }
    this.first = false;
  }
}

export function watchLines({ id, group, deliveredPerS, duplicatesPerS, delivered, lost, neighbours, timeMs }: WatchEvent): string[] {
  const counts = `${deliveredPerS} messages/s, ${duplicatesPerS} duplicates/s, ${delivered} delivered${lost === 0 ? '' : `, ${lost} lost`}`;
  const looking = neighbours.length === 0 ? '; looking for others' : '';
  return [`[${group}] peer ${shortId(id)}, ${plural(neighbours.length, 'neighbour')}, ${counts}${looking}`, ...neighbourLines(neighbours, timeMs)];
}
