import type { Random } from '../../lib/core/random.ts';
import type { Application, StartApplication } from './application.ts';
import { textOf } from './verdict.ts';

/** What applications need of the run that they are part of. */
export interface ApplicationsContext {
  readonly random: Random;
  /** The time that the peer sees, in ms. */
  nowMs(host: number): number;
  /** Counts the peers that ran on a host, from 1. */
  incarnation(host: number): number;
  /** Answers whether the peer has a neighbour; then it is published now, or soon. */
  publish(host: number, payload: Uint8Array): boolean;
  /** Calls back after so many ms of the peer's time, once its process runs. */
  after(host: number, ms: number, action: () => void): void;
  /** An application has thrown. */
  onThrow(host: number, what: string): void;
}

/** The applications on the peers of a run: one for each incarnation, which ends with it. */
export class Applications {
  private readonly startApplication: StartApplication | undefined;
  private readonly context: ApplicationsContext;
  private readonly running = new Map<number, Application>();
  /** By host: what stands for the incarnation that runs there. */
  private readonly lives = new Map<number, object>();
  /** By host: what its applications have saved last. */
  private readonly disks = new Map<number, Uint8Array>();

  constructor(startApplication: StartApplication | undefined, context: ApplicationsContext) {
    this.startApplication = startApplication;
    this.context = context;
  }

  /** Whether any run at all. */
  get exist(): boolean {
    return this.startApplication !== undefined;
  }

  get(host: number): Application | undefined {
    return this.running.get(host);
  }

  /** The peer on that host has started. */
  start(host: number): void {
    if (this.startApplication === undefined) return;
    const { context } = this;
    const life = {};
    this.lives.set(host, life);
    const isAlive = (): boolean => this.lives.get(host) === life;
    const random = context.random.fork('application', host).fork('incarnation', context.incarnation(host));
    this.running.set(host, this.startApplication({
      peer: host,
      nowMs: () => context.nowMs(host),
      publish: (payload) => isAlive() && context.publish(host, payload),
      after: (ms, action) => context.after(host, ms, () => { if (isAlive()) this.guard(host, action); }),
      random: () => random.float(),
      save: (bytes) => { if (isAlive()) this.disks.set(host, bytes.slice()); },
      saved: () => this.disks.get(host)?.slice(),
    }));
  }

  /** The peer on that host is gone. */
  stop(host: number): void {
    this.running.delete(host);
    this.lives.delete(host);
  }

  /** What was saved on that host is lost. */
  wipe(host: number): void {
    this.disks.delete(host);
  }

  /** Answers whether there is one to tell. */
  inform(host: number, tell: (application: Application) => void): boolean {
    const application = this.running.get(host);
    if (application === undefined) return false;
    this.guard(host, () => tell(application));
    return true;
  }

  /** What an application throws is its own fault. */
  private guard(host: number, call: () => void): void {
    try {
      call();
    } catch (error) {
      this.context.onThrow(host, textOf(error));
    }
  }
}
