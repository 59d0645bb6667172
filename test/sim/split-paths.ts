import { DelayPaths } from '../../sim/world/paths.ts';

/** Every host is 10 ms from every other, and while `split` nothing crosses between the hosts below `border` and the others. */
export class SplitPaths extends DelayPaths {
  override readonly plain = false;
  split = false;
  private readonly border: number;

  constructor(hosts: number, border: number) {
    super({ hosts, symmetric: true, delayMs: (a, b) => (a === b ? 0 : 10) });
    this.border = border;
  }

  override loss(from = 0, to = 0): number {
    return this.split && from < this.border !== to < this.border ? 1 : 0;
  }
}
