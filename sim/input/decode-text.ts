import { OverlayError } from '../../lib/core/errors.ts';

/** The text of a file, and a sentence where its encoding had to be guessed. */
export interface DecodedText {
  readonly text: string;
  readonly note?: string;
}

/**
 * Decodes a text file: UTF-8, or ISO-8859-1 where an XML declaration says so or
 * where the bytes are no UTF-8 (GML and older maps). A byte order mark of UTF-8 is
 * dropped.
 *
 * @throws OverlayError `UNKNOWN_FORMAT` for UTF-16, for other declared encodings and for bytes that are no text.
 */
export function decodeText(bytes: Buffer, file: string): DecodedText {
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
    throw new OverlayError('UNKNOWN_FORMAT', `${file}: the text is in UTF-16; save it as UTF-8.`);
  }
  if (bytes.includes(0)) throw new OverlayError('UNKNOWN_FORMAT', `${file}: unknown format: it holds NUL bytes and is no text.`);
  const declared = declaredEncoding(bytes);
  switch (declared) {
    case undefined:
    case 'utf-8':
    case 'utf8':
    case 'us-ascii':
    case 'ascii':
      return decodeUtf8(bytes);
    case 'iso-8859-1':
    case 'latin1':
    case 'latin-1':
      return { text: bytes.toString('latin1') };
    default:
      throw new OverlayError('UNKNOWN_FORMAT', `${file}: the encoding ${JSON.stringify(declared)} is not read; save it as UTF-8.`);
  }
}

/** The encoding that an XML declaration at the start names, in lower case. */
function declaredEncoding(bytes: Buffer): string | undefined {
  const head = bytes.toString('latin1', 0, 200);
  return /^(?:\xef\xbb\xbf)?\s*<\?xml[^>]*?\sencoding\s*=\s*["']([^"']*)["']/.exec(head)?.[1]?.toLowerCase();
}

function decodeUtf8(bytes: Buffer): DecodedText {
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    return { text: bytes.toString('latin1'), note: 'The text is not valid UTF-8; it was read as ISO-8859-1.' };
  }
}
