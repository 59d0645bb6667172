import type { PeerRef } from '../../lib/core/ids.ts';
import { cpuSince, type FloodResult, pairDelayUs } from './flood.ts';

/**
 * The reference: the simulator that one writes in an afternoon. A closure for each
 * event in a binary heap, an object for each copy, a set of message ids as text and
 * a set of neighbours for each peer. The same flood over the same graph and delays.
 */
export function floodNaively(graph: readonly PeerRef[][], messages: number): FloodResult {
  const heap = new ClosureHeap();
  const peers = graph.map((neighbours) => ({ seen: new Set<string>(), neighbours: new Set<number>(neighbours) }));
  let nowUs = 0;
  let events = 0;
  let delivered = 0;
  const receive = (to: number, from: number, message: { id: string; hops: number; payload: Uint8Array }): void => {
    const peer = peers[to];
    if (peer === undefined || peer.seen.has(message.id)) return;
    peer.seen.add(message.id);
    delivered++;
    for (const neighbour of peer.neighbours) {
      if (neighbour === from) continue;
      const copy = { ...message, hops: message.hops + 1 };
      heap.push(nowUs + pairDelayUs(to, neighbour), () => receive(neighbour, to, copy));
    }
  };
  const payload = new Uint8Array(100);
  const start = process.cpuUsage();
  for (let message = 0; message < messages; message++) {
    receive(0, 0, { id: `0/1/${message}`, hops: 0, payload });
    for (let event = heap.pop(); event !== undefined; event = heap.pop()) {
      nowUs = event.timeUs;
      events++;
      event.run();
    }
  }
  return { events, delivered, cpuSeconds: cpuSince(start) };
}

interface ClosureEvent {
  readonly timeUs: number;
  readonly order: number;
  readonly run: () => void;
}

class ClosureHeap {
  private readonly events: ClosureEvent[] = [];
  private pushed = 0;

  push(timeUs: number, run: () => void): void {
    const event = { timeUs, order: this.pushed++, run };
    const { events } = this;
    let at = events.length;
    events.push(event);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = events[parent] as ClosureEvent;
      if (!precedes(event, above)) break;
      events[at] = above;
      at = parent;
    }
    events[at] = event;
  }

  pop(): ClosureEvent | undefined {
    const { events } = this;
    const first = events[0];
    const last = events.pop();
    if (first === undefined || last === undefined || events.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= events.length) break;
      if (child + 1 < events.length && precedes(events[child + 1] as ClosureEvent, events[child] as ClosureEvent)) child++;
      if (!precedes(events[child] as ClosureEvent, last)) break;
      events[at] = events[child] as ClosureEvent;
      at = child;
    }
    events[at] = last;
    return first;
  }
}

function precedes(x: ClosureEvent, y: ClosureEvent): boolean {
  return x.timeUs < y.timeUs || (x.timeUs === y.timeUs && x.order < y.order);
}
