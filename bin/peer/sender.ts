import { OverlayError } from '../../lib/core/errors.ts';
import type { Group } from '../../lib/node/group.ts';
import { plural } from './events.ts';

/** Lines that wait in one group; who brings more must wait too. */
const LINES_MAX = 1000;

/** A shorter wait for a neighbour is not worth a word. */
const SILENT_MS = 1000;

/**
 * Publishes the lines of one group in their order. Lines wait until there is a
 * neighbour, and are tried again when the neighbours' queues are full.
 */
export class Sender {
  readonly group: Group;
  private readonly note: (text: string) => void;
  private readonly error: (text: string) => void;
  private lines: Uint8Array[] = [];
  private running: Promise<void> | undefined = undefined;
  private waitingForRoom: (() => void)[] = [];
  private ended = false;
  /** Lines published so far. */
  published = 0;

  constructor(group: Group, { note, error }: { readonly note: (text: string) => void; readonly error: (text: string) => void }) {
    this.group = group;
    this.note = note;
    this.error = error;
    group.once('left', () => this.end());
  }

  /** Lines that are still to be published. */
  get waiting(): number {
    return this.lines.length;
  }

  get full(): boolean {
    return this.lines.length >= LINES_MAX;
  }

  /** Takes a line, and resolves when there is room for another. */
  async send(line: Uint8Array): Promise<void> {
    if (this.ended) return;
    this.lines.push(line);
    this.running ??= this.run();
    while (this.full && !this.ended) await new Promise<void>((resolve) => this.waitingForRoom.push(resolve));
  }

  /** Resolves once every line was published, or none will be any more. */
  async idle(): Promise<void> {
    await this.running;
  }

  private async run(): Promise<void> {
    for (let [line] = this.lines; line !== undefined && !this.ended; [line] = this.lines) {
      await this.publish(line);
      this.lines.shift();
      if (!this.full) this.tellRoom();
    }
    this.running = undefined;
  }

  private async publish(line: Uint8Array): Promise<void> {
    let told = false;
    while (!this.ended) {
      try {
        await this.ready();
        await this.group.publish(line);
        this.published++;
        return;
      } catch (error) {
        if (!(error instanceof OverlayError)) throw error;
        if (error.code === 'CLOSED' || error.code === 'UNKNOWN_GROUP') return;
        if (error.code === 'QUEUE_FULL' && !told) this.note(`[${this.group.name}] the neighbours take no more for now; lines wait`);
        told = true;
        if (error.code === 'NO_NEIGHBOURS' || error.code === 'QUEUE_FULL') continue;
        this.error(`[${this.group.name}] a line was not published: ${error.message}`);
        return;
      }
    }
  }

  private async ready(): Promise<void> {
    const timer = setTimeout(() => this.note(`[${this.group.name}] no neighbour; lines wait for one`), SILENT_MS);
    try {
      await this.group.ready({ timeoutMs: Infinity });
    } finally {
      clearTimeout(timer);
    }
  }

  private end(): void {
    this.ended = true;
    if (this.lines.length > 0) this.error(`[${this.group.name}] ${plural(this.lines.length, 'line')} not published`);
    this.tellRoom();
  }

  private tellRoom(): void {
    for (const resolve of this.waitingForRoom.splice(0)) resolve();
  }
}
