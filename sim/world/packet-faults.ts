import type { Random } from '../../lib/core/random.ts';

/** Packets from one of these hosts to one of those; every host where nothing is said. */
export interface Between {
  readonly from?: readonly number[];
  readonly to?: readonly number[];
}

/** What a fault does to packets while it lasts. */
export type PacketFault =
  /** Each is lost with probability `p`. */
  | { readonly kind: 'loss'; readonly p: number; readonly between?: Between }
  /** Each arrives twice with probability `p`. */
  | { readonly kind: 'duplication'; readonly p: number; readonly between?: Between }
  /** Each is held back with probability `p`, by up to `byMs`, while others overtake it. */
  | { readonly kind: 'reordering'; readonly p: number; readonly byMs: number; readonly between?: Between }
  /** Each is damaged with probability `p`; checksums find that, and the packet is lost. */
  | { readonly kind: 'corruption'; readonly p: number; readonly between?: Between }
  /** Each takes up to `byMs` longer. */
  | { readonly kind: 'jitter'; readonly byMs: number; readonly between?: Between }
  /** Each host of `from` sends no faster; what would wait for more than `queueMs` is lost. */
  | { readonly kind: 'bandwidth'; readonly kbps: number; readonly queueMs: number; readonly between?: Between }
  /** All are held until the fault ends, and arrive then. */
  | { readonly kind: 'clog'; readonly between?: Between }
  /** Packets from one side to another are lost; with `oneWay` those from the first side to the others alone. */
  | { readonly kind: 'partition'; readonly sides: readonly (readonly number[])[]; readonly oneWay?: boolean };

/** What becomes of one packet. */
export interface Fate {
  lost: 'lost' | 'corrupted' | 'unreachable' | 'queue-full' | undefined;
  /** A second copy arrives, this much later than the first; 0 for none. */
  duplicateAfterUs: number;
  /** It arrives so much later. */
  extraUs: number;
}

/** A fault that has begun. */
export interface BegunFault {
  /** Packets that it has affected so far. */
  affected(): number;
  /** It is over. */
  end(): void;
}

/** A fault while it lasts. */
interface Active {
  readonly fault: PacketFault;
  readonly untilUs: number;
  readonly affects: (from: number, to: number) => boolean;
  /** By sending host, for `bandwidth`: until when it sends. */
  readonly busyUntilUs: Map<number, number>;
  /** Packets to which it did something. */
  affected: number;
}

/**
 * The faults that lie on the network now. Each counts the packets that it affected.
 * Draws from its own generator, so that a fault more does not change what else is
 * drawn.
 */
export class PacketFaults {
  private readonly random: Random;
  private active: Active[] = [];
  private readonly fate: Fate = { lost: undefined, duplicateAfterUs: 0, extraUs: 0 };

  constructor(random: Random) {
    this.random = random;
  }

  get any(): boolean {
    return this.active.length > 0;
  }

  /** The fault begins. */
  begin(fault: PacketFault, untilUs: number): BegunFault {
    const active: Active = { fault, untilUs, affects: matcher(fault), busyUntilUs: new Map(), affected: 0 };
    this.active.push(active);
    return {
      affected: () => active.affected,
      end: () => { this.active = this.active.filter((other) => other !== active); },
    };
  }

  /** Whether packets can come through at all, however many are lost. */
  reaches(from: number, to: number): boolean {
    return !this.active.some(({ fault, affects }) => cuts(fault) && affects(from, to));
  }

  /** What becomes of a packet that sets out now. The answer is overwritten by the next call. */
  of(nowUs: number, from: number, to: number, bytes: number): Fate {
    const { fate } = this;
    fate.lost = undefined;
    fate.duplicateAfterUs = 0;
    fate.extraUs = 0;
    for (const active of this.active) {
      if (active.affects(from, to) && this.apply(active, nowUs, from, bytes)) active.affected++;
      if (fate.lost !== undefined) break;
    }
    return fate;
  }

  /** Answers whether it did something to the packet. */
  private apply(active: Active, nowUs: number, from: number, bytes: number): boolean {
    const { fate, random } = this;
    const { fault } = active;
    switch (fault.kind) {
      case 'loss':
      case 'corruption':
        if (!random.chance(fault.p)) return false;
        fate.lost = fault.kind === 'loss' ? 'lost' : 'corrupted';
        return true;
      case 'partition':
        fate.lost = 'unreachable';
        return true;
      case 'duplication':
        if (!random.chance(fault.p)) return false;
        fate.duplicateAfterUs = 1 + random.below(DUPLICATE_WITHIN_US);
        return true;
      case 'reordering':
        if (!random.chance(fault.p)) return false;
        return this.delay(drawnUs(random, fault.byMs));
      case 'jitter': return this.delay(drawnUs(random, fault.byMs));
      case 'clog':
        fate.extraUs = Math.max(fate.extraUs, active.untilUs - nowUs);
        return true;
      case 'bandwidth':
        return this.serialise(active, fault, nowUs, from, bytes);
    }
  }

  /** Answers whether that is a delay at all. */
  private delay(byUs: number): boolean {
    this.fate.extraUs += byUs;
    return byUs > 0;
  }

  private serialise(active: Active, fault: Extract<PacketFault, { kind: 'bandwidth' }>, nowUs: number, from: number, bytes: number): boolean {
    const startUs = Math.max(nowUs, active.busyUntilUs.get(from) ?? 0);
    if (startUs - nowUs > fault.queueMs * 1000) {
      this.fate.lost = 'queue-full';
      return true;
    }
    const endUs = startUs + Math.round((bytes * 8000) / fault.kbps);
    active.busyUntilUs.set(from, endUs);
    this.fate.extraUs += endUs - nowUs;
    return true;
  }
}

/** A second copy comes within this time of the first. A guess. */
const DUPLICATE_WITHIN_US = 100_000;

function drawnUs(random: Random, ms: number): number {
  return Math.round(random.float() * ms * 1000);
}

function cuts(fault: PacketFault): boolean {
  return fault.kind === 'partition' || ((fault.kind === 'loss' || fault.kind === 'corruption') && fault.p >= 1);
}

function matcher(fault: PacketFault): (from: number, to: number) => boolean {
  if (fault.kind !== 'partition') {
    const from = fault.between?.from === undefined ? undefined : new Set(fault.between.from);
    const to = fault.between?.to === undefined ? undefined : new Set(fault.between.to);
    return (a, b) => from?.has(a) !== false && to?.has(b) !== false;
  }
  const side = new Map(fault.sides.flatMap((hosts, index) => hosts.map((host) => [host, index] as const)));
  return (a, b) => {
    const [x, y] = [side.get(a), side.get(b)];
    return x !== undefined && y !== undefined && x !== y && (fault.oneWay !== true || x === 0);
  };
}
