import { GROUP_REF_MAX, groupRef } from '../core/ids.ts';
import type { DataMessage, Message } from '../core/messages.ts';
import { CONTROL_SCHEMA, type ControlKind } from './control-schema.ts';
import type { PeerDirectory } from './directory.ts';
import type { FieldReader, Findings } from './field-reader.ts';
import { type Field, type FieldType, uint, uintSize } from './field-types.ts';
import { KIND_CODES, kindOf } from './kind-codes.ts';

export type ControlMessage = Exclude<Message, DataMessage>;

/** First byte and head of the array: one byte each, since there are fewer than 24 elements. */
/** First byte, head of the array: one byte each, since there are fewer than 24 elements. */
const START = 2;

const GROUP = uint(GROUP_REF_MAX);

/** A property's name and type; the schema has seen to it that they belong together. */
interface Property {
  readonly name: string;
  readonly type: FieldType<unknown>;
}

const PROPERTIES = Object.fromEntries(
  Object.entries(CONTROL_SCHEMA).map(([kind, types]) => [kind, Object.entries(types).map(([name, type]) => ({ name, type }))]),
) as unknown as Readonly<Record<ControlKind, readonly Property[]>>;

/** The array that stands for `message` on the wire. */
export function controlFields(message: ControlMessage, directory: PeerDirectory): readonly Field[] {
  const fields: Field[] = [KIND_CODES[message.kind]];
  GROUP.write(message.group, fields, directory);
  const values = message as unknown as Readonly<Record<string, unknown>>;
  for (const { name, type } of PROPERTIES[message.kind]) type.write(values[name], fields, directory);
  return fields;
}

/** Makes a message of the elements that `reader` is at; of no use when `findings` then has a failure. */
export function readControl(reader: FieldReader, findings: Findings): ControlMessage | undefined {
  const kind = kindOf(reader.uint(Number.MAX_SAFE_INTEGER));
  if (kind === undefined) {
    findings.fail('kind');
    return undefined;
  }
  const message: Record<string, unknown> = { kind, group: groupRef(GROUP.read(reader, findings)) };
  for (const { name, type } of PROPERTIES[kind]) {
    const value = type.read(reader, findings);
    if (value !== undefined) message[name] = value;
  }
  reader.end();
  return message as unknown as ControlMessage;
}

/** Bytes of `message` on the wire. Allocates nothing. */
export function controlSize(message: ControlMessage, directory: PeerDirectory): number {
  let size = START + uintSize(KIND_CODES[message.kind]) + uintSize(message.group);
  const values = message as unknown as Readonly<Record<string, unknown>>;
  const properties = PROPERTIES[message.kind];
  for (let i = 0; i < properties.length; i++) {
    const { name, type } = properties[i] as Property;
    size += type.size(values[name], directory);
  }
  return size;
}
