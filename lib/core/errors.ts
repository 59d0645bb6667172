/**
 * What can be wrong with a call. Every code is the caller's mistake or a limit
 * that the caller chose; trouble on the network is never an `OverlayError`.
 */
export type OverlayErrorCode =
  | 'INVALID_OPTION'
  | 'UNKNOWN_PROTOCOL'
  | 'UNKNOWN_GROUP'
  | 'ALREADY_JOINED'
  | 'MESSAGE_TOO_LARGE'
  | 'NO_NEIGHBOURS'
  | 'QUEUE_FULL'
  | 'CLOSED'
  | 'INVALID_TOPOLOGY'
  | 'TOPOLOGY_TOO_LARGE'
  | 'UNKNOWN_FORMAT'
  | 'UNREADABLE_FILE'
  | 'INVALID_SCENARIO'
  | 'LIMIT_EXCEEDED'
  | 'ADDRESS_IN_USE'
  | 'NOT_READY';

/** A mistake of the caller, with a `code` for programs and one sentence for people. */
export class OverlayError extends Error {
  override readonly name = 'OverlayError';
  readonly code: OverlayErrorCode;

  constructor(code: OverlayErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** Shortens what a caller passed so that it can stand in an error text. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}...` : value);
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (value === null) return 'null';
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === 'object') return 'an object';
  return typeof value === 'undefined' ? 'nothing' : `a ${typeof value}`;
}

/** Throws `INVALID_OPTION` in the one form that all options share: which, what was expected, what came. */
export function invalidOption(option: string, expected: string, came: unknown): never {
  throw new OverlayError('INVALID_OPTION', `${option}: expected ${expected}, got ${describe(came)}.`);
}

/** Stops at a broken invariant of our own code; on in production too, since going on would be worse. */
export function assert(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(`overlaycast: broken invariant: ${what}`);
}

/** Makes the compiler prove that a union was handled whole. */
export function unreachable(value: never): never {
  throw new Error(`overlaycast: broken invariant: unhandled ${JSON.stringify(value)}`);
}
