import type { GroupLimits } from './options.ts';

/** What a log is bound by; see `GroupConfig` for meanings and defaults. */
export type LogLimits = Omit<GroupLimits, 'catchUpTimeoutMs'>;

/**
 * Numbers past gaps that a newcomer takes for seen because a neighbour has (what is left
 * out may be brought to it), and numbers that it looks at for one digest.
 */
export const MARKS_MAX = 65_536;
