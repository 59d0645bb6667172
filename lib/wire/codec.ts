import { Encoder } from 'cbor-x';
import { groupRef } from '../core/ids.ts';
import type { DataMessage, Message } from '../core/messages.ts';
import { scanCbor } from './cbor-scan.ts';
import { type ControlMessage, controlFields, controlSize, readControl } from './control-message.ts';
import { DATA_HEADER_BYTES, dataHeaderBytes, readCausalEntries, readDataHeader, writeCausalEntries, writeDataHeader } from './data-header.ts';
import { digestEntriesThatFit } from './digest-field.ts';
import type { PeerDirectory } from './directory.ts';
import { type DecodeFailure, FieldReader, Findings } from './field-reader.ts';
import { CONTROL_TYPE, DATA_TYPE, PROTOCOL_VERSION } from './kind-codes.ts';
import { CONTROL_BYTES_MAX } from './limits.ts';

/** What a codec had to drop: whole messages by the reason, and parts of messages. */
export interface CodecCounters extends Readonly<Record<DecodeFailure, number>> {
  /** Peers that could not be had and were left out of a shuffle, with what hung on them of an iHave or a digest. */
  readonly peersLeftOut: number;
  /** Entries past the limit that `encode` left out of a digest, or of what changed lately. */
  readonly digestEntriesLeftOut: number;
}

const cbor = new Encoder({ useRecords: false, tagUint8Array: false });

/**
 * Messages to bytes and back; PROTOCOL.md describes the format. `decode` answers
 * hostile bytes with `undefined` and a count, never with an exception; `encode`
 * asserts that what this process made is within the limits.
 */
export class Codec {
  private readonly directory: PeerDirectory;
  private readonly counts = {
    truncated: 0,
    version: 0,
    kind: 0,
    malformed: 0,
    unknownPeer: 0,
    tooLarge: 0,
    peersLeftOut: 0,
    digestEntriesLeftOut: 0,
  };

  constructor(directory: PeerDirectory) {
    this.directory = directory;
  }

  get counters(): CodecCounters {
    return this.counts;
  }

  /** The bytes of `message`, owned by the caller. */
  encode(message: Message): Uint8Array {
    return message.kind === 'data' ? this.encodeData(message) : this.encodeControl(message);
  }

  /** The bytes before the payload, so that a transport can write header and payload apart. */
  headerOf(message: DataMessage): Uint8Array {
    const header = new Uint8Array(dataHeaderBytes(message.after));
    this.writeHeader(header, message);
    return header;
  }

  /** Exactly `encode(message).length`, without encoding. */
  size(message: Message): number {
    if (message.kind === 'data') return dataHeaderBytes(message.after) + message.payload.length;
    return controlSize(fit(message), this.directory);
  }

  /** The message in `bytes`, or `undefined` when it had to be dropped. The payload is a view of `bytes`, not a copy. */
  decode(bytes: Uint8Array): Message | undefined {
    const type = bytes[0];
    if (type === DATA_TYPE) return this.decodeData(bytes);
    if (type === CONTROL_TYPE) return this.decodeControl(bytes);
    if (type === undefined) return this.drop('truncated');
    return this.drop(type >> 4 === PROTOCOL_VERSION ? 'kind' : 'version');
  }

  private encodeData(message: DataMessage): Uint8Array {
    const headerBytes = dataHeaderBytes(message.after);
    const bytes = new Uint8Array(headerBytes + message.payload.length);
    this.writeHeader(bytes, message);
    bytes.set(message.payload, headerBytes);
    return bytes;
  }

  private writeHeader(target: Uint8Array, message: DataMessage): void {
    writeDataHeader(target, message, this.directory.idOf(message.origin));
    if (message.after !== undefined) writeCausalEntries(target, message.after, this.directory);
  }

  /** The copy gives the caller bytes of its own: cbor-x answers with a view of a pool. */
  private encodeControl(message: ControlMessage): Uint8Array {
    const fitting = fit(message);
    if ('entries' in fitting && 'entries' in message) {
      this.counts.digestEntriesLeftOut += message.entries.length - fitting.entries.length;
    }
    const item = cbor.encode(controlFields(fitting, this.directory));
    const bytes = new Uint8Array(1 + item.length);
    bytes[0] = CONTROL_TYPE;
    bytes.set(item, 1);
    return bytes;
  }

  private decodeData(bytes: Uint8Array): DataMessage | undefined {
    if (bytes.length < DATA_HEADER_BYTES) return this.drop('truncated');
    const header = readDataHeader(bytes);
    if (header === undefined) return this.drop('malformed');
    const origin = this.directory.refOfId(header.originId);
    if (origin === undefined) return this.drop('unknownPeer');
    const after = header.causal ? readCausalEntries(bytes, this.directory) : undefined;
    if (typeof after === 'string') return this.drop(after);
    const message: DataMessage = {
      kind: 'data',
      group: groupRef(header.group),
      origin,
      epoch: header.epoch,
      seq: header.seq,
      hops: header.hops,
      repair: header.repair,
      payload: bytes.subarray(dataHeaderBytes(after)),
    };
    return after === undefined ? message : { ...message, after };
  }

  private decodeControl(bytes: Uint8Array): ControlMessage | undefined {
    if (bytes.length > CONTROL_BYTES_MAX) return this.drop('tooLarge');
    const scanned = scanCbor(bytes, 1);
    if (scanned !== 'ok') return this.drop(scanned);
    const fields: unknown = cbor.decode(bytes.subarray(1));
    if (!Array.isArray(fields)) return this.drop('malformed');
    const findings = new Findings();
    const message = readControl(new FieldReader(fields, this.directory, findings), findings);
    if (findings.failure !== undefined) return this.drop(findings.failure);
    this.counts.peersLeftOut += findings.peersLeftOut;
    return message;
  }

  private drop(reason: DecodeFailure): undefined {
    this.counts[reason]++;
    return undefined;
  }
}

/**
 * The message as it goes on the wire: a list of digest entries past the limit loses its last ones;
 * any other message stays as it is. A simulator that hands objects across applies it too.
 */
export function fit<T extends Message>(message: T): T {
  if (message.kind !== 'digest' && message.kind !== 'recent') return message;
  const count = digestEntriesThatFit(message);
  return count === message.entries.length ? message : { ...message, entries: message.entries.slice(0, count) };
}
