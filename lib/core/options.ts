/**
 * HyParView (Leitao, Pereira, Rodrigues, DSN 2007, section 4 and table 1).
 */
export interface HyParViewOptions {
  readonly kind: 'hyparview';
  /** Peers linked to. Default 5, as in the paper (fan-out 4, plus the one a message came from). */
  readonly activeViewSize: number;
  /** Peers remembered as replacements. Default 30, as in the paper. */
  readonly passiveViewSize: number;
  /** Hops of a ForwardJoin and Shuffle walk (ARWL). Default 6, as in the paper. */
  readonly activeRandomWalkLength: number;
  /** Hops left at which the newcomer enters a passive view (PRWL). Default 3, as in the paper. */
  readonly passiveRandomWalkLength: number;
  /** Active peers in a shuffle (ka). Default 3, as in the paper. */
  readonly shuffleActive: number;
  /** Passive peers in a shuffle (kp). Default 4, as in the paper. */
  readonly shufflePassive: number;
  /** Time between shuffles, in ms. Default 1000, a guess: the paper counts cycles. */
  readonly shuffleIntervalMs: number;
  /** How long to wait for the answer to a Neighbour request, in ms. Default 2000, a guess: above the round trips of the Internet. */
  readonly neighbourTimeoutMs: number;
}

/** Every member is known and is a neighbour; the application or the scenario gives the list. */
export interface FullOptions {
  readonly kind: 'full';
}

/** The neighbours are given once and stay: a tree computed elsewhere, a fixed mesh. */
export interface StaticOptions {
  readonly kind: 'static';
}

export type OverlayOptions = HyParViewOptions | FullOptions | StaticOptions;

/** Send on to every neighbour but the one it came from. */
export interface FloodingOptions {
  readonly kind: 'flooding';
}

/** The publisher sends to every neighbour itself; nobody forwards. */
export interface UnicastOptions {
  readonly kind: 'unicast';
}

/** Forward along the links of a tree that is given. */
export interface TreeOptions {
  readonly kind: 'tree';
}

/** Plumtree (Leitao, Pereira, Rodrigues, SRDS 2007, section 3). */
export interface PlumtreeOptions {
  readonly kind: 'plumtree';
  /** `shared`: one tree for all publishers. `per-source`: a tree for each. Default `shared`, as in the paper. */
  readonly tree: 'shared' | 'per-source';
  /** A lazy path must be this many hops shorter to replace the eager one (section 3.8); 0 switches optimisation off. Default 7, the paper's value for many senders. */
  readonly optimizationThreshold: number;
  /** Announcements are collected this long, in ms. Default 50, a guess. */
  readonly iHaveDelayMs: number;
  /** A message's announcement waits so much longer: its bytes over this. Default 10 000 (10 MB/s), a guess; what crosses links more slowly is asked for too early. */
  readonly iHaveBytesPerMs: number;
  /** Announcements in one message at most; more are split. Default 64, a guess that keeps it in one datagram. */
  readonly iHaveBatchMax: number;
  /** From the first announcement to the first graft, in ms. Default 1000, a guess: it should exceed the spread of arrival times. */
  readonly graftTimeoutMs: number;
  /** From one graft to the next, in ms; shorter, since the first wait has covered the spread (section 3.5). Default 500, a guess. */
  readonly graftRetryMs: number;
  /** Announced messages waited for at a time; further announcements are dropped and counted. Default 1024. */
  readonly missingMax: number;
  /** Trees kept with `per-source`; the one made longest ago goes first. Default 1024. */
  readonly treesMax: number;
}

/** How a peer of an epidemic comes to its partner of a cycle (Demers et al., PODC 1987, sections 1.4 and 3). */
export interface ContactOptions {
  /** `uniform`: every neighbour alike. `spatial`: with a probability that falls with the rank by distance. Default `uniform`. */
  readonly partner: 'uniform' | 'spatial';
  /** The paper's a: the neighbour of rank i is chosen with a probability that falls as i to the power of -a. From 0 to 8, fractions allowed. Default 2, where the paper's tables end. */
  readonly spatialExponent: number;
  /** Contacts by others that a peer accepts in a cycle; 0 for no limit. With a limit each contact begins with a question. Default 0. */
  readonly connectionLimit: number;
  /** Other partners that a peer tries in a cycle after a refusal. Default 0; the paper tries 1 and more. */
  readonly huntLimit: number;
}

/** Rumor mongering (Demers et al., PODC 1987, section 1.4). */
export interface RumorOptions extends ContactOptions {
  readonly kind: 'rumor';
  readonly mode: 'push' | 'pull' | 'push-pull';
  /** `feedback`: only contacts that knew the rumor already count. `blind`: every contact counts. */
  readonly interest: 'feedback' | 'blind';
  /** `counter`: lose interest after k counts. `coin`: lose interest with probability 1/k at each. */
  readonly stop: 'counter' | 'coin';
  /** The paper's k. Default 2, a guess between the paper's 1 (18 % residue) and 5. */
  readonly k: number;
  /** `counters`: of two that tell each other a rumor that both know, the one with the smaller counter alone counts it, both when they are equal. For push-pull with feedback and counter. Default `none`. */
  readonly minimization: 'none' | 'counters';
  /** Length of a cycle in ms; must exceed a round trip. Default 1000, a guess. */
  readonly cycleMs: number;
  /** Rumors hot at a time; the oldest cools first. Default 1024. */
  readonly hotMax: number;
}

/** Anti-entropy (Demers et al., PODC 1987, section 1.3) on digests per origin. */
export interface AntiEntropyOptions extends ContactOptions {
  readonly kind: 'anti-entropy';
  readonly mode: 'push' | 'pull' | 'push-pull';
  /** `full`: all that both have is compared at once. `recent`: lists of what has changed lately and checksums first, all only if the checksums of the rest differ. Default `full`. */
  readonly exchange: 'full' | 'recent';
  /** The paper's tau, in ms: for so long a change counts as recent. Should exceed the time in which messages reach all. Default 10 000, a guess: ten cycles. */
  readonly recentMs: number;
  /** Length of a cycle in ms: each peer contacts one partner in each. Default 1000, a guess. */
  readonly cycleMs: number;
  /** Messages sent in answer to one digest at most; the rest follows in later cycles. Default 256. */
  readonly batchMax: number;
}

export type DisseminationOptions =
  | FloodingOptions
  | UnicastOptions
  | TreeOptions
  | PlumtreeOptions
  | RumorOptions
  | AntiEntropyOptions;

/**
 * SWIM (Das, Gupta, Motivala, DSN 2002) with Lifeguard (Dadgar, Phillips, Currey,
 * DSN-W 2018). One for all groups of a peer. The defaults are guesses that follow what
 * HashiCorp's memberlist takes for a LAN.
 */
export interface FailureDetectorOptions {
  /** Time between probes, SWIM's protocol period, in ms, while local health is good; each point of bad health adds as much. Default 1000. */
  readonly probeIntervalMs: number;
  /** Wait for an answer before others are asked to try, in ms; grows with bad health likewise. Must be less than probeIntervalMs. Default 500. */
  readonly probeTimeoutMs: number;
  /** Peers asked to try when there is no answer (SWIM's k); 0 asks nobody. Default 3. */
  readonly indirectProbes: number;
  /** Shortest suspicion, in probe intervals: this times the decimal logarithm of the peers, at least 1 (Lifeguard's alpha). Default 4. */
  readonly suspicionMult: number;
  /** Longest suspicion, which nobody confirms, in shortest ones (Lifeguard's beta). Default 6. */
  readonly suspicionMaxMult: number;
  /** Worst local health (Lifeguard's S). Default 8; 0 switches it off. */
  readonly localHealthMax: number;
  /** Peers watched at a time; further ones are not, and counted. Default 1024. */
  readonly watchedMax: number;
  /** Probes made for others at a time; further requests are dropped and counted. Default 256. */
  readonly relaysMax: number;
}

/** How a group is put together, with every default filled in. */
export interface GroupConfig {
  readonly overlay: OverlayOptions;
  readonly dissemination: DisseminationOptions;
  /** `none`: deliver at once. `fifo`: in each publisher's order. `causal`: after all that the publisher had delivered or published before. Default `none`. */
  readonly order: 'none' | 'fifo' | 'causal';
  /**
   * What a newcomer is owed. `any`: every number from 0 on; nothing is asked, and what is
   * not brought is missing. `now`: what a neighbour's application has not got yet; older
   * messages are not delivered. `history`: all that neighbours still keep; they are
   * asked for it. Default `any`.
   */
  readonly since: 'any' | 'now' | 'history';
  /** How long a neighbour that was asked for that may take to answer before another one is asked, in ms. Default 1000, a guess. */
  readonly catchUpTimeoutMs: number;
  /** `none`, or anti-entropy beside the dissemination that brings what was missed. Default `none`. */
  readonly repair: AntiEntropyOptions | undefined;
  /** Messages kept to send again. Default 256; 0 keeps none. */
  readonly historyMessagesMax: number;
  /** Bytes kept to send again: payloads, and in causal order 24 for each entry. At least messageBytesMax where anything is sent again. Default 4 MiB. */
  readonly historyBytesMax: number;
  /** Publishers remembered; the one known longest is forgotten first. Default 4096, which is the most in causal order. */
  readonly originsMax: number;
  /** FIFO order: how long a gap may stay open before it is given up. Causal order: how long a message may be held. In ms; default 5000, a guess. */
  readonly gapTimeoutMs: number;
  /** FIFO and causal order: messages held back at most; past it the oldest gap is given up. Default 1024. */
  readonly orderBufferMax: number;
  /** Ranges past the first gap that a digest lists per origin. Default 32; what is left out may be sent twice. */
  readonly digestRangesMax: number;
  /** Largest payload in bytes. Default 1 MiB. */
  readonly messageBytesMax: number;
}

/** A part of the options with its `kind`; what is absent takes its default. */
export type Choice<T extends { readonly kind: string }> = T extends unknown ? Partial<T> & Pick<T, 'kind'> : never;

/** What a caller gives to join a group. */
export interface GroupOptions extends Partial<GroupLimits> {
  readonly overlay?: OverlayOptions['kind'] | Choice<OverlayOptions>;
  readonly dissemination?: DisseminationOptions['kind'] | Choice<DisseminationOptions>;
  readonly repair?: 'none' | 'anti-entropy' | Choice<AntiEntropyOptions>;
}

/** The options of a group that are neither overlay nor dissemination nor repair. */
export type GroupLimits = Omit<GroupConfig, 'overlay' | 'dissemination' | 'repair'>;
