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
