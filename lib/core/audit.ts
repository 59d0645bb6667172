/**
 * A count that is kept step by step, since a limit on memory is asked for at every
 * message, beside what counting anew gives: the two must be equal at all times. A count
 * that is too high refuses for ever, one that is too low lets memory grow. To count anew
 * is work; tests and simulations do, no protocol does.
 */
export interface Audited {
  /** Of what, in the plural. */
  readonly what: string;
  readonly counted: number;
  readonly there: number;
}
