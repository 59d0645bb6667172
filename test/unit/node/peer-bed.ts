import { openPeer } from '../../../lib/node/create-peer.ts';
import { type Environment, MACHINE } from '../../../lib/node/environment.ts';
import type { PeerOptions } from '../../../lib/node/options.ts';
import type { Peer } from '../../../lib/node/peer.ts';
import { UdpTransport } from '../../../lib/transport/udp/udp-transport.ts';
import { DatagramNetwork } from '../../../sim/stack/datagram-network.ts';
import { VirtualClock } from '../../../sim/stack/virtual-clock.ts';

/** Live peers on virtual time, each on a host of its own of a simulated network for datagrams. */
export class PeerBed {
  readonly clock = new VirtualClock();
  readonly network = new DatagramNetwork(this.clock, 1);
  private readonly open: Peer[] = [];

  /** Peer `n`; those after the first join through it. */
  async peer(n: number, options: PeerOptions = {}): Promise<Peer> {
    const environment: Environment = {
      ...MACHINE,
      clock: this.clock,
      randomBytes: (count) => new Uint8Array(count).fill(n),
      randomSeed: () => n,
      epoch: () => 1,
      makeTransport: (kind, parts) =>
        kind === 'udp' ? new UdpTransport({ ...parts, createSocket: this.network.creatorFor(`10.0.0.${n}`) }) : MACHINE.makeTransport(kind, parts),
    };
    const bootstrap = n === 1 ? [] : ['udp://10.0.0.1:7000'];
    const peer = await this.finish(openPeer({ listen: `udp://10.0.0.${n}:7000`, preset: 'local', bootstrap, ...options }, environment));
    this.open.push(peer);
    return peer;
  }

  /** Lets time go on until it has settled. */
  async finish<T>(what: Promise<T>): Promise<T> {
    let done = false;
    const end = (): void => { done = true; };
    what.then(end, end);
    await this.clock.until(() => done, 60_000);
    return what;
  }

  /** Lets time go on, and promises settle meanwhile. */
  async pass(ms: number): Promise<void> {
    const untilMs = this.clock.nowMs() + ms;
    await this.clock.until(() => this.clock.nowMs() >= untilMs, ms + 1);
  }

  async close(): Promise<void> {
    await this.finish(Promise.all(this.open.map((peer) => peer.close())));
  }
}

/** What was thrown with nobody to catch it while `action` ran; else it would end the process. */
export async function uncaughtIn(action: () => Promise<void>): Promise<string[]> {
  const uncaught: string[] = [];
  const before = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  process.on('uncaughtException', (error) => uncaught.push(error.message));
  try {
    await action();
    await new Promise((resolve) => setImmediate(resolve));
  } finally {
    process.removeAllListeners('uncaughtException');
    for (const listener of before) process.on('uncaughtException', listener);
  }
  return uncaught;
}
