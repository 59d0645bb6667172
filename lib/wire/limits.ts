/**
 * Bounds of the wire format. A message past one of them is dropped by `decode` and
 * counted. All are guesses with room above what the options of a group allow.
 */

/** Bytes of an identity on the wire. */
export const ID_BYTES = 16;

/** Bytes of a descriptor at most: the identity and the addresses. */
export const DESCRIPTOR_BYTES_MAX = 255;

/** Bytes of an encoded control message at most. Data messages are bounded by the frame that holds them. */
export const CONTROL_BYTES_MAX = 65_536;

/** Arrays within arrays in a control message, the outermost counted: what the format needs, and no more. */
export const CBOR_DEPTH_MAX = 3;

/** Peers in a shuffle or its reply: the largest `shuffleActive` and `shufflePassive`, and the origin itself. */
export const SHUFFLE_PEERS_MAX = 129;

/** Announcements in an iHave, over all its runs: the largest `iHaveBatchMax`. */
export const ANNOUNCEMENTS_MAX = 1024;

/** Bytes of a bound of a range of messages at most: as a whole key has. */
export const BOUND_BYTES_MAX = 24;

/** Bytes of a fingerprint. */
export const FINGERPRINT_BYTES = 8;

/** Entries in a digest. Of those that a sender can make, of 20 bytes or more, fewer fit the bytes below. */
export const DIGEST_ENTRIES_MAX = 4096;

/** Bytes of all entries of a digest; `encode` leaves out those past it. What is held back covers all other fields. */
export const DIGEST_ENTRIES_BYTES_MAX = CONTROL_BYTES_MAX - 16;

/** Bytes of all entries of what changed lately, which has more other fields; `encode` leaves out those past it. */
export const RECENT_ENTRIES_BYTES_MAX = CONTROL_BYTES_MAX - 32;

/** Ranges in a digest entry: the largest `digestRangesMax`. */
export const DIGEST_RANGES_MAX = 1024;

/** Largest counter of a rumor: less than the largest `k`, in two bytes. */
export const RUMOR_COUNTER_MAX = 0xffff;

/** Largest number of hops left of a random walk. Receivers cut it to their own setting. */
export const TIME_TO_LIVE_MAX = 255;

/** Mesh links that a peer may tell of: the largest of twice any `degreeMax`, and more. */
export const DEGREE_MAX = 65_535;
/** Largest number of a layer in NICE; 255 stands for the highest that there is. */
export const NICE_LAYER_MAX = 255;

/** Largest round trip in a message of NICE, in microseconds; 0 stands for one that was not measured. */
export const RTT_US_MAX = 0xffff_ffff;

/** Largest epoch. */
export const EPOCH_MAX = 0xffff_ffff;

/** Largest sequence number. */
export const SEQ_MAX = 0xffff_ffff;
