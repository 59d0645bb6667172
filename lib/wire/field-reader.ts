import { type PeerRef, peerRef } from '../core/ids.ts';
import type { PeerDirectory } from './directory.ts';
import { DESCRIPTOR_BYTES_MAX, ID_BYTES } from './limits.ts';

/** Why a message could not be used. */
export type DecodeFailure = 'truncated' | 'version' | 'kind' | 'malformed' | 'unknownPeer' | 'tooLarge';

/** What is known about a message while it is read: the first thing wrong with it, and the peers left out of its lists. */
export class Findings {
  failure: DecodeFailure | undefined = undefined;
  peersLeftOut = 0;

  fail(failure: DecodeFailure): void {
    this.failure ??= failure;
  }
}

/** What a failed read answers; the message is dropped in the end. */
const NOBODY = peerRef(0);

/**
 * Reads the elements of a CBOR array one after the other. What is not as expected is
 * noted in the findings, and reading goes on with a harmless value, so that readers
 * of messages need no branches for it.
 */
export class FieldReader {
  private readonly fields: readonly unknown[];
  private readonly directory: PeerDirectory;
  private readonly findings: Findings;
  private at = 0;
  /** Peers of this list that could not be had, while that only leaves the list out. */
  private unknown: number | undefined = undefined;

  constructor(fields: readonly unknown[], directory: PeerDirectory, findings: Findings) {
    this.fields = fields;
    this.directory = directory;
    this.findings = findings;
  }

  get left(): number {
    return this.fields.length - this.at;
  }

  /** An integer from 0 to `max`; the decoder gives those that came in 8 bytes as bigints. */
  uint(max: number): number {
    const value = this.fields[this.at++];
    const number = typeof value === 'bigint' ? Number(value) : value;
    if (typeof number === 'number' && number <= max) return number;
    this.findings.fail('malformed');
    return 0;
  }

  boolean(): boolean {
    const value = this.fields[this.at++];
    if (typeof value !== 'boolean') this.findings.fail('malformed');
    return value === true;
  }

  /** One of `names` by its index. */
  name<T extends string>(names: readonly T[], otherwise: T): T {
    return names[this.uint(names.length - 1)] ?? otherwise;
  }

  /** A peer by its id, without which the message is of no use. */
  peer(): PeerRef {
    return this.required(this.listedPeer());
  }

  /** A peer by its id or `null`. */
  peerOrNull(): PeerRef | undefined {
    if (this.fields[this.at] !== null) return this.peer();
    this.at++;
    return undefined;
  }

  /** A peer by its descriptor, without which the message is of no use. */
  describedPeer(): PeerRef {
    return this.required(this.listedDescribedPeer());
  }

  /** A peer by its id; `undefined` when unknown, and what hangs on it is left out. */
  listedPeer(): PeerRef | undefined {
    const bytes = this.bytes(ID_BYTES, ID_BYTES);
    return bytes === undefined ? NOBODY : this.directory.refOfId(bytes);
  }

  /** A peer by its descriptor; `undefined` when unusable, and it is left out. */
  listedDescribedPeer(): PeerRef | undefined {
    const bytes = this.bytes(ID_BYTES, DESCRIPTOR_BYTES_MAX);
    return bytes === undefined ? NOBODY : this.directory.refOfDescriptor(bytes);
  }

  /** A byte string of such a length, as a string in which each character is a byte. */
  characters(lengthMin: number, lengthMax: number): string {
    const bytes = this.bytes(lengthMin, lengthMax);
    return bytes === undefined ? '' : String.fromCharCode(...bytes);
  }

  /** A list of at most `countMax` elements; answers a reader of it. */
  list(countMax: number): FieldReader {
    const value: unknown = this.fields[this.at++];
    const isList = Array.isArray(value);
    if (!isList) this.findings.fail('malformed');
    else if (value.length > countMax) this.findings.fail('tooLarge');
    const usable = isList && this.findings.failure === undefined;
    return new FieldReader(usable ? value : [], this.directory, this.findings);
  }

  /** What `read` makes of the elements, or `undefined` when a peer among them cannot be had. */
  leavingOut<T>(read: () => T): T | undefined {
    this.unknown = 0;
    const value = read();
    return this.unknown > 0 ? undefined : value;
  }

  /** There must be nothing left. */
  end(): void {
    if (this.left !== 0) this.findings.fail('malformed');
  }

  private bytes(lengthMin: number, lengthMax: number): Uint8Array | undefined {
    const value = this.fields[this.at++];
    if (value instanceof Uint8Array && value.length >= lengthMin && value.length <= lengthMax) return value;
    this.findings.fail('malformed');
    return undefined;
  }

  private required(peer: PeerRef | undefined): PeerRef {
    if (peer === undefined) {
      if (this.unknown === undefined) this.findings.fail('unknownPeer');
      else this.unknown++;
    }
    return peer ?? NOBODY;
  }
}
