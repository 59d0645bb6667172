/** Limits of a log; see `DEFAULTS` in `config.ts` for meanings and values. */
export interface LogLimits {
  readonly order: 'none' | 'fifo' | 'causal';
  readonly since: 'any' | 'now' | 'history';
  readonly historyMessagesMax: number;
  readonly historyBytesMax: number;
  readonly originsMax: number;
  readonly gapTimeoutMs: number;
  readonly orderBufferMax: number;
  readonly digestRangesMax: number;
  readonly messageBytesMax: number;
}

/**
 * Numbers past gaps that a newcomer takes for seen because a neighbour has (what is left
 * out may be brought to it), and numbers that it looks at for one digest.
 */
export const MARKS_MAX = 65_536;
