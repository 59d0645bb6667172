/**
 * HyParView (Leitao, Pereira, Rodrigues, DSN 2007, section 4 and table 1).
 */
export interface HyParViewOptions {
  readonly kind: 'hyparview';
  /** Peers linked to. Default 5, as in the paper (fan-out 4, plus the one a message came from); below a gossip mesh 16, a guess: peers of libp2p hold dozens of connections. With fewer than 5 a group may fall into parts whose views are full: of groups of 6 to 10 peers that start at once and may have 3 neighbours, 5 % did. */
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

/** Cyclon (Voulgaris, Gavidia, van Steen, 2005). */
export interface CyclonOptions {
  readonly kind: 'cyclon';
  /** Peers in the view (the paper's c). Default 20, a size that the paper measures. */
  readonly viewSize: number;
  /** Entries sent in a shuffle (the paper's l), at most viewSize. Default 8, a guess: two fifths of the view. */
  readonly shuffleLength: number;
  /** Time between shuffles, in ms; an answer that takes longer counts as none, so it must exceed a round trip. Default 1000, a guess: the paper counts cycles. */
  readonly shuffleIntervalMs: number;
  /** Hops of a newcomer's random walks. Default 5, a guess: about the path length of large groups, as the paper asks. */
  readonly joinWalkLength: number;
}

/**
 * X-BOT (Leitao, Marques, Pereira, Rodrigues, SRDS 2009) above HyParView, whose options
 * it has too.
 */
export interface XBotOptions extends Omit<HyParViewOptions, 'kind'> {
  readonly kind: 'x-bot';
  /** Neighbours that are never exchanged for cheaper ones (the paper's mu): those with the dearest links. At least 1, and fewer than activeViewSize. Default 1, the least. */
  readonly unbiasedNeighbours: number;
  /** Passive peers measured in a round (the paper's passive scan length, PSL). Default 2, a guess. */
  readonly passiveScanLength: number;
  /** Time between rounds, in ms. Default 2000, a guess: two shuffles. */
  readonly optimizationIntervalMs: number;
  /** How long to wait for the others of a swap, in ms. Default 5000, a guess: seven messages and a measurement. */
  readonly swapTimeoutMs: number;
  /** How much cheaper a link must be to replace another, in percent. Default 5, a guess that keeps errors of measurement from moving links; the paper takes anything. */
  readonly gainPercent: number;
}

/**
 * Switch-trees (Helder, Jamin, GP2PC 2002) with the rules of HMTP (Zhang, Jamin, Zhang,
 * INFOCOM 2002).
 */
export interface SwitchTreeOptions {
  readonly kind: 'switch-tree';
  /** Children of a peer at most. Default 4, a guess: with the parent as many links as HyParView has. */
  readonly childrenMax: number;
  /** What a parent is chosen by. `cost`: its round trip. `delay`: the delay to the root through it. Default `cost`, which makes the papers' low-cost trees. */
  readonly goal: 'cost' | 'delay';
  /** Who may become the new parent: `sibling`, a child of the parent; `1-hop`, any neighbour of the parent; `2-hop`, those and their neighbours; `any`, whom a new join from somewhere on the root path finds. Default `2-hop`. */
  readonly scope: 'sibling' | '1-hop' | '2-hop' | 'any';
  /** How much better a parent must be to replace the present one, in percent; as much more for each switch lately. Default 5, a guess that keeps errors of measurement from moving peers. */
  readonly gainPercent: number;
  /** Time between looks for a better parent, in ms. Default 5000, a guess. */
  readonly switchIntervalMs: number;
  /** Time between refreshes of a parent, in ms; one that is silent for three is gone. Default 5000, a guess. */
  readonly refreshIntervalMs: number;
  /** How long a peer that was asked may take to answer, in ms. Default 2000, a guess: above the round trips of the Internet. */
  readonly searchTimeoutMs: number;
}

/**
 * NICE (Banerjee, Bhattacharjee, Kommareddy, SIGCOMM 2002, sections 2 and 3).
 */
export interface NiceOptions {
  readonly kind: 'nice';
  /** The paper's k: a cluster has k to 3k - 1 members, its leader included. Default 3, as in the paper. */
  readonly clusterSizeMin: number;
  /** Time between heartbeats, in ms. Default 5000, a guess. */
  readonly heartbeatIntervalMs: number;
  /** A member or leader that was silent for so many heartbeats has failed. Default 5, a guess. */
  readonly heartbeatsMissedMax: number;
  /** How long to wait for an answer or for measured distances in a search, in ms. Default 2000, a guess: above the round trips of the Internet. */
  readonly queryTimeoutMs: number;
  /** A leader must be so much nearer, in percent, that a member moves to it, and a cluster's radius so much smaller that its leader changes. Default 10, a guess: the paper has none, and measured distances waver. */
  readonly gainPercent: number;
}

/** Every member is known and is a neighbour; the application or the scenario gives the list. */
export interface FullOptions {
  readonly kind: 'full';
}

/** The neighbours are given once and stay: a tree computed elsewhere, a fixed mesh. */
export interface StaticOptions {
  readonly kind: 'static';
}

/** Narada (Chu, Rao, Zhang, SIGMETRICS 2000, section 3). The paper names few numbers: most are guesses. */
export interface NaradaOptions {
  readonly kind: 'narada';
  /** Mesh links that each member tries to have at least. Default 3, the lower end of the fan-out range 3 to 6 of the paper's simulations. */
  readonly degreeMin: number;
  /** Mesh links at most; twice as many for a while where members join or partitions are mended. Default 6, the upper end of that range. */
  readonly degreeMax: number;
  /** Members known, this one included. When the list is full, the dead go first, then newcomers are refused. Default 1024, the most. */
  readonly membersMax: number;
  /** Time between refreshes, each a new sequence number and all routes, in ms. Default 30 000, as in later comparisons with Narada (Banerjee et al., SIGCOMM 2002, "Narada-30"). */
  readonly refreshIntervalMs: number;
  /** Changed routes are collected this long before neighbours are told, in ms. Default 1000, a guess. */
  readonly updateDelayMs: number;
  /** A member of which there is no new sequence number for this long waits to be asked whether it is alive (the paper's T_m), in ms. Must be above twice refreshIntervalMs. Default 120 000, a guess: four refreshes. */
  readonly memberTimeoutMs: number;
  /** How often a silent member may be picked and asked (the paper's sleep), in ms. Default 5000, a guess. */
  readonly repairIntervalMs: number;
  /** A silent member is asked after this long at the latest, in ms. Default 60 000, a guess. */
  readonly repairWaitMs: number;
  /** Time between the measurements of random members, and looks for a link to drop, in ms. Default 10 000, a guess. */
  readonly probeIntervalMs: number;
  /** How long a probe or a request may stay unanswered, in ms. Default 2000, a guess: above the round trips of the Internet. */
  readonly probeTimeoutMs: number;
  /** How long dead members are remembered, in ms; far longer than news travel. Default 600 000, a guess. */
  readonly deadMemberMs: number;
  /** A dropped link carries data on old routes this long, in ms. Default 10 000, a guess: ten updates. */
  readonly transientMs: number;
}

export type OverlayOptions = HyParViewOptions | CyclonOptions | FullOptions | StaticOptions | NaradaOptions | XBotOptions | SwitchTreeOptions | NiceOptions;

/** Send on to every neighbour but the one it came from. */
export interface FloodingOptions {
  readonly kind: 'flooding';
}

/** The publisher sends to every neighbour itself; nobody forwards. */
export interface UnicastOptions {
  readonly kind: 'unicast';
}

/** Forward along the tree that the overlay knows. */
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

/** A mesh in the manner of gossipsub, with its parameters' names and defaults (libp2p, gossipsub 1.0 and the backoff of 1.1). */
export interface GossipMeshOptions {
  readonly kind: 'gossip-mesh';
  /** Links in the mesh that a peer fills up to (D). Default 6. */
  readonly d: number;
  /** Below so many links more are grafted (D_low). Default 4. */
  readonly dLow: number;
  /** With so many links a graft is refused (D_high). Default 12. */
  readonly dHigh: number;
  /** Other neighbours to which recent messages are announced at each heartbeat (D_lazy). Default 6. */
  readonly dLazy: number;
  /** Time between heartbeats, in ms. Default 1000. */
  readonly heartbeatMs: number;
  /** Heartbeats for which a message is announced (the gossip window of the message cache). Default 3. */
  readonly gossipWindow: number;
  /** How long a link that was pruned may not be grafted again, in ms; who was pruned adds one to two heartbeats. Default 60 000. */
  readonly pruneBackoffMs: number;
  /** Announcements in one message at most; more are split. Default 64, a guess that keeps it in one datagram. */
  readonly iHaveBatchMax: number;
  /** Announced messages asked for between two heartbeats at most; further ones are left to the next announcement, and counted. Default 1024. */
  readonly missingMax: number;
  /** Messages sent on one neighbour's requests between two heartbeats at most. Default 256. */
  readonly batchMax: number;
}

/** How a peer of an epidemic comes to its partner of a cycle (Demers et al., PODC 1987, sections 1.4 and 3). */
export interface ContactOptions {
  /** `uniform`: every neighbour alike. `spatial`: with a probability that falls with the rank by distance. Default `uniform`. */
  readonly partner: 'uniform' | 'spatial';
  /** The paper's a: the neighbour of rank i is chosen with a probability that falls as i to the power of -a. From 0 to 8, fractions allowed; for spatial partners alone. Default 2, where the paper's tables end. */
  readonly spatialExponent: number;
  /** Contacts by others that a peer accepts in a cycle; 0 for no limit. With a limit each contact begins with a question. Default 0. */
  readonly connectionLimit: number;
  /** Other partners that a peer tries in a cycle after a refusal, so with a connectionLimit alone. Default 0; the paper tries 1 and more. */
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
  /** The paper's tau, in ms: for so long a change counts as recent, with `recent` alone. Should exceed the time in which messages reach all. Default 10 000, a guess: ten cycles. */
  readonly recentMs: number;
  /** Length of a cycle in ms: each peer contacts one partner in each. Default 1000, a guess. */
  readonly cycleMs: number;
  /** Messages sent in answer to one digest at most; the rest follows in later cycles. Default 256. */
  readonly batchMax: number;
  /**
   * How two peers find out what one of them lacks. `digest`: one says what it has seen of
   * each publisher, which costs as much as there are publishers and gaps. `ranges`: by
   * fingerprints of ranges of what they keep (Meyer, SRDS 2023), which costs as much as
   * they differ, times the logarithm of what they keep, and takes some round trips. All
   * members must choose the same. Default `digest`.
   */
  readonly reconcile: 'digest' | 'ranges';
}

export type DisseminationOptions =
  | FloodingOptions
  | UnicastOptions
  | TreeOptions
  | PlumtreeOptions
  | GossipMeshOptions
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
  /** Publishers remembered; the one from which nothing new came for longest is forgotten first. Default 4096, which is the most in causal order. */
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
