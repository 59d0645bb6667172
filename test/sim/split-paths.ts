import type { Paths, QueuedHop } from '../../sim/world/paths.ts';

/** Every host is 10 ms from every other, and while `split` nothing crosses between the hosts below `border` and the others. */
export class SplitPaths implements Paths {
  readonly plain = false;
  readonly hosts: number;
  split = false;
  private readonly border: number;

  constructor(hosts: number, border: number) {
    this.hosts = hosts;
    this.border = border;
  }

  delayUs(from: number, to: number): number {
    return from === to ? 0 : 10_000;
  }

  loss(from: number, to: number): number {
    return this.split && from < this.border !== to < this.border ? 1 : 0;
  }

  jitterUs(): number {
    return 0;
  }

  queues(): readonly QueuedHop[] {
    return [];
  }
}
