/** Bytes of what every payload of a scenario begins with. */
export const MARK_BYTES = 8;

/** A payload that says which publish of the scenario it is. */
export function markedPayload(bytes: number, publish: number): Uint8Array {
  const payload = new Uint8Array(Math.max(MARK_BYTES, bytes));
  const view = new DataView(payload.buffer);
  view.setUint32(0, MAGIC);
  view.setUint32(4, publish);
  return payload;
}

/** Which publish of the scenario a payload is; `undefined` for one that no peer of the scenario published. */
export function markOf(payload: Uint8Array): number | undefined {
  if (payload.length < MARK_BYTES) return undefined;
  const view = new DataView(payload.buffer, payload.byteOffset);
  return view.getUint32(0) === MAGIC ? view.getUint32(4) : undefined;
}

const MAGIC = 0x6f63_7374;
