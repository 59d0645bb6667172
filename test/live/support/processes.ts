import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Answer, Counts, MemberStats, OpenOrder, Order } from './member.ts';

const MEMBER = fileURLToPath(new URL('./member.ts', import.meta.url));

/** A process of `member.ts`. */
export class MemberProcess {
  readonly child: ChildProcess;
  /** The addresses of its peers. */
  addresses: readonly (readonly string[])[] = [];
  private readonly waiting = new Map<number, { readonly resolve: (result: unknown) => void; readonly reject: (error: Error) => void }>();
  private orders = 0;
  /** What it wrote to standard error. */
  errors = '';

  constructor(execArgv: readonly string[] = []) {
    this.child = fork(MEMBER, { execArgv: ['--import', 'tsx', ...execArgv], stdio: ['ignore', 'inherit', 'pipe', 'ipc'] });
    this.child.stderr?.on('data', (chunk: Buffer) => { this.errors += chunk.toString(); });
    this.child.on('message', (answer) => this.onAnswer(answer as Answer));
    this.child.on('exit', (code, signal) => {
      for (const { reject } of this.waiting.values()) reject(new Error(`the member ended (${signal ?? code}): ${this.errors}`));
      this.waiting.clear();
    });
  }

  async open(order: OpenOrder): Promise<void> {
    this.addresses = await this.order({ kind: 'open', ...order }) as string[][];
  }

  ready(neighbours = 1, timeoutMs = 20_000): Promise<unknown> {
    return this.order({ kind: 'ready', neighbours, timeoutMs });
  }

  publish(peer: number, label: string, count: number, everyMs: number): Promise<unknown> {
    return this.order({ kind: 'publish', peer, label, count, everyMs });
  }

  counts(prefix: string): Promise<Counts[]> {
    return this.order({ kind: 'counts', prefix }) as Promise<Counts[]>;
  }

  messages(peer: number, prefix: string): Promise<string[]> {
    return this.order({ kind: 'messages', peer, prefix }) as Promise<string[]>;
  }

  stats(): Promise<MemberStats> {
    return this.order({ kind: 'stats' }) as Promise<MemberStats>;
  }

  signal(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void {
    this.child.kill(signal);
  }

  /** Ends it at once; resolves when it has ended. */
  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGKILL');
    await ended;
  }

  private order(what: Order): Promise<unknown> {
    const order = this.orders++;
    return new Promise((resolve, reject) => {
      this.waiting.set(order, { resolve, reject });
      this.child.send({ order, what }, (error) => { if (error !== null) reject(error); });
    });
  }

  private onAnswer(answer: Answer): void {
    const waiting = this.waiting.get(answer.order);
    this.waiting.delete(answer.order);
    if ('error' in answer) waiting?.reject(new Error(answer.error));
    else waiting?.resolve(answer.result);
  }
}
