import type { Random } from '../../lib/core/random.ts';
import type { Application, StartApplication } from '../scenario/application.ts';
import type { StackProcess } from './process.ts';

/** What applications need of the run that they are part of. */
export interface ApplicationsContext {
  readonly random: Random;
  /** Answers whether the peer has a neighbour; then it is published soon. */
  publish(host: number, payload: Uint8Array): boolean;
  /** An application has thrown. */
  onThrow(host: number, what: string): void;
}

/** The applications on the peers of a run: one for each process, which ends with it. */
export class Applications {
  private readonly startApplication: StartApplication | undefined;
  private readonly context: ApplicationsContext;
  private readonly running = new Map<number, Application>();
  private readonly processes = new Map<number, StackProcess>();

  constructor(startApplication: StartApplication | undefined, context: ApplicationsContext) {
    this.startApplication = startApplication;
    this.context = context;
  }

  get(host: number): Application | undefined {
    return this.running.get(host);
  }

  start(process: StackProcess): void {
    const { host, incarnation } = process;
    if (this.startApplication === undefined) return;
    this.processes.set(host, process);
    const lives = (): boolean => this.processes.get(host) === process;
    const random = this.context.random.fork('application', host).fork('incarnation', incarnation);
    this.running.set(host, this.startApplication({
      peer: host,
      nowMs: () => process.nowMs(),
      publish: (payload) => lives() && this.context.publish(host, payload),
      after: (ms, action) => void process.setTimer(ms, () => { if (lives()) this.guard(host, action); }),
      random: () => random.float(),
    }));
  }

  stop(host: number): void {
    this.running.delete(host);
    this.processes.delete(host);
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
      this.context.onThrow(host, error instanceof Error ? (error.stack ?? error.message) : String(error));
    }
  }
}
