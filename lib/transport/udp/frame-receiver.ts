import type { Account } from '../account.ts';
import type { UdpCounters } from './counters.ts';
import { FrameWindow } from './frame-window.ts';
import type { FragmentChunk } from './packet.ts';
import { Reassembly } from './reassembly.ts';

/**
 * What became of a fragment: the whole frame, `taken` for the time being, `deferred`
 * when it must come again, `wrong` when the other end breaks the rules.
 */
export type Received = Uint8Array | 'taken' | 'deferred' | 'wrong';

/** Puts frames together and yields each of them once, as soon as it is whole. */
export class FrameReceiver {
  private readonly frameBytesMax: number;
  private readonly counters: UdpCounters;
  private readonly reassembly: Reassembly;
  private readonly reliableDone = new FrameWindow();
  private readonly unreliableDone = new FrameWindow();

  constructor(frameBytesMax: number, reassemblyBytesMax: number, counters: UdpCounters) {
    this.frameBytesMax = frameBytesMax;
    this.counters = counters;
    this.reassembly = new Reassembly(reassemblyBytesMax, counters);
  }

  /** Bytes that have arrived of frames that are not whole. */
  get heldBytes(): number {
    return this.reassembly.bytes;
  }

  /** @param packetBytes of the packet that the fragment came in. */
  add(fragment: FragmentChunk, packetBytes: number): Received {
    const { frame: id, reliable } = fragment;
    const done = reliable ? this.reliableDone : this.unreliableDone;
    if (fragment.total > this.frameBytesMax) return 'wrong';
    if (done.has(id)) {
      this.counters.duplicateFragments++;
      return 'taken';
    }
    if (reliable && !done.fits(id)) return 'wrong';
    const result = fragment.bytes.length === fragment.total ? fragment.bytes : this.reassembly.add(fragment, packetBytes);
    if (typeof result !== 'string') {
      if (!reliable) done.slideTo(id);
      done.add(id);
      return result;
    }
    if (result === 'known') this.counters.duplicateFragments++;
    if (result !== 'full') return result === 'wrong' ? 'wrong' : 'taken';
    if (!reliable) {
      this.counters.abandonedFrames++;
      return 'taken';
    }
    this.counters.deferredFragments++;
    return 'deferred';
  }

  /** Gives up unreliable frames that are not whole. */
  abandonUnreliable(): void {
    this.reassembly.abandonUnreliable();
  }

  accounts(): Account[] {
    return [...this.reassembly.accounts(), ...this.reliableDone.accounts(), ...this.unreliableDone.accounts()];
  }

  clear(): void {
    this.reassembly.clear();
  }
}
