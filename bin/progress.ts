import type { Progress } from '../sim/experiments/comparison.ts';

/** A run this short shows nothing. */
const SILENT_MS = 1000;
/** Between two writings of the line. */
const INTERVAL_MS = 100;

/** One line about how far a run has come, written over and over and gone at the end. */
export class ProgressLine {
  private readonly write: (text: string) => void;
  private readonly nowMs: () => number;
  private readonly startMs: number;
  private readonly things: string;
  private writtenMs = -Infinity;

  constructor(write: (text: string) => void, nowMs: () => number, things = 'protocols') {
    this.write = write;
    this.nowMs = nowMs;
    this.things = things;
    this.startMs = nowMs();
  }

  update({ protocol, done, total, share }: Progress): void {
    const now = this.nowMs();
    const elapsed = now - this.startMs;
    if (elapsed < SILENT_MS || now - this.writtenMs < INTERVAL_MS) return;
    this.writtenMs = now;
    const percent = Math.floor(Math.min(1, Math.max(0, share)) * 100);
    this.write(`\r\u001b[K${protocol}: ${percent} %, ${done} of ${total} ${this.things} done, ${Math.floor(elapsed / 1000)} s`);
  }

  clear(): void {
    if (this.writtenMs !== -Infinity) this.write('\r\u001b[K');
    this.writtenMs = -Infinity;
  }
}
