/** How failures are weighed. */
export interface FlapDampingOptions {
  /** Time in which a penalty halves, in ms. */
  readonly halfLifeMs: number;
  /** Failures, each counting 1, from which on a peer is left alone. */
  readonly suppressAt: number;
  /** Penalty below which it is taken up again. */
  readonly reuseAt: number;
}

/** Guesses: a peer that fails more than four times in a minute or so rests for about a minute. */
export const FLAP_DAMPING: FlapDampingOptions = Object.freeze({ halfLifeMs: 30_000, suppressAt: 4, reuseAt: 1 });

/** Peers remembered; the one whose failure is longest ago goes first. */
const PEERS_MAX = 4096;

interface Penalty {
  value: number;
  atMs: number;
  suppressed: boolean;
}

/**
 * Peers whose links come up and fail again and again cost everyone messages and
 * repairs. Each failure adds to a penalty that decays with time; above one threshold
 * the peer is left alone until the penalty has fallen below another (the scheme of
 * RFC 2439, section 4, for routes).
 */
export class FlapDamping<Peer> {
  private readonly options: FlapDampingOptions;
  private readonly penalties = new Map<Peer, Penalty>();

  constructor(options: FlapDampingOptions = FLAP_DAMPING) {
    this.options = options;
  }

  onFailure(peer: Peer, nowMs: number): void {
    const known = this.penalties.get(peer);
    const value = (known === undefined ? 0 : this.decayed(known, nowMs)) + 1;
    this.penalties.delete(peer);
    this.penalties.set(peer, { value, atMs: nowMs, suppressed: (known?.suppressed ?? false) || value >= this.options.suppressAt });
    if (this.penalties.size <= PEERS_MAX) return;
    for (const oldest of this.penalties.keys()) {
      this.penalties.delete(oldest);
      return;
    }
  }

  /** Whether the peer should be left alone for now. */
  suppressed(peer: Peer, nowMs: number): boolean {
    const penalty = this.penalties.get(peer);
    if (penalty === undefined || !penalty.suppressed) return false;
    if (this.decayed(penalty, nowMs) >= this.options.reuseAt) return true;
    this.penalties.delete(peer);
    return false;
  }

  private decayed({ value, atMs }: Penalty, nowMs: number): number {
    return value * 2 ** (-(nowMs - atMs) / this.options.halfLifeMs);
  }
}
