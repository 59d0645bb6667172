/** A line that came, without its end, or one that was too long and is not kept. */
export type ReadLine =
  | { readonly kind: 'line'; readonly text: Buffer }
  | { readonly kind: 'tooLong'; readonly bytes: number };

/** Bytes of a line of input, its end not counted; a longer one is not published. */
export const LINE_BYTES_MAX = 65_536;

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/**
 * Takes a stream of bytes apart into lines, which end in LF or CR LF; the last one
 * may lack its end. Keeps no more than one line.
 */
export async function* readLines(chunks: AsyncIterable<Buffer>, bytesMax = LINE_BYTES_MAX): AsyncGenerator<ReadLine> {
  let parts: Buffer[] = [];
  let bytes = 0;
  const finish = (): ReadLine => {
    const whole = Buffer.concat(parts);
    const text = whole.at(-1) === CARRIAGE_RETURN ? whole.subarray(0, -1) : whole;
    // One byte more is kept than a line may have, for the carriage return.
    const line: ReadLine = text.length > bytesMax || bytes > whole.length ? { kind: 'tooLong', bytes } : { kind: 'line', text };
    parts = [];
    bytes = 0;
    return line;
  };
  const add = (part: Buffer): void => {
    const room = Math.max(0, bytesMax + 1 - bytes);
    if (room > 0 && part.length > 0) parts.push(part.subarray(0, room));
    bytes += part.length;
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, start)) {
      add(chunk.subarray(start, end));
      yield finish();
      start = end + 1;
    }
    add(chunk.subarray(start));
  }
  if (bytes > 0) yield finish();
}
