import { unreachable } from '../../lib/core/errors.ts';
import type { PeerId } from '../../lib/node/peer-table.ts';
import { style } from '../../sim/report/layout.ts';
import { textOf } from './envelope.ts';
import { escapeControls } from './escape.ts';

/** What a peer has to tell while it runs. With `--json` each is a line of standard output, `event` and all. */
export type PeerEvent =
  /** The peer can be reached; comes first. `joinCommand` is what another terminal on this machine can be given. */
  | { readonly event: 'listening'; readonly id: PeerId; readonly addresses: readonly string[]; readonly joinCommand: string }
  /** The group has neighbours, after it had none. */
  | { readonly event: 'ready'; readonly group: string; readonly neighbours: number }
  | MessageEvent
  /** `neighbours`: how many there are now. */
  | { readonly event: 'neighbourUp' | 'neighbourDown'; readonly group: string; readonly peer: PeerId; readonly neighbours: number }
  | { readonly event: 'lost'; readonly group: string; readonly from: PeerId; readonly fromSeq: number; readonly toSeq: number }
  | { readonly event: 'lagged'; readonly group: string; readonly messages: number }
  | { readonly event: 'dropped'; readonly group: string; readonly from: PeerId; readonly seq: number; readonly reason: string }
  /** `linked`: peers that were reached, though none that is in the group. */
  | { readonly event: 'retrying'; readonly addresses: readonly string[]; readonly reason: string; readonly inMs: number; readonly linked: number }
  | StatsEvent;

export interface MessageEvent {
  readonly event: 'message';
  readonly group: string;
  readonly from: PeerId;
  readonly name: string | null;
  readonly text: string;
  /** The bytes, where they are no UTF-8. */
  readonly base64?: string;
  readonly seq: number;
  readonly hops: number;
  /** In ms since 1970. */
  readonly receivedAt: number;
}

/** Counters since the group was joined, and rates since the last such event. */
export interface StatsEvent {
  readonly event: 'stats';
  readonly group: string;
  readonly neighbours: number;
  readonly published: number;
  readonly publishedPerS: number;
  readonly delivered: number;
  readonly deliveredPerS: number;
  readonly duplicates: number;
  readonly missing: number;
  readonly lost: number;
  readonly dropped: number;
  readonly lagged: number;
  /** Lines that wait to be published. */
  readonly waiting: number;
}

/** Where a line of text belongs: on standard output, or on standard error, where notes can be switched off. */
export interface Rendered {
  readonly to: 'output' | 'note' | 'stats';
  readonly text: string;
}

/** Characters of a message that are shown; the rest is counted. JSON has them all. */
export const SHOWN_MAX = 65_536;

const SHORT_ID_DIGITS = 8;

/** The form of an id for people: its first eight digits. */
export function shortId(id: PeerId): string {
  return id.slice(0, SHORT_ID_DIGITS);
}

/** One line of JSON. Control characters are escaped by JSON itself, the rest of what a terminal must not see here. */
export function renderJson(event: object): string {
  return JSON.stringify(event).replace(/[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The text for people, one line or two; `undefined` for what only programs want to know. */
export function renderText(event: PeerEvent, color: boolean): Rendered | undefined {
  switch (event.event) {
    case 'listening':
      return note(`peer ${shortId(event.id)} listens on ${event.addresses.join(' and ')}\nto join from another terminal: ${event.joinCommand}`);
    case 'ready':
      return note(`[${event.group}] ready, ${plural(event.neighbours, 'neighbour')}`);
    case 'message':
      return { to: 'output', text: messageText(event, color) };
    case 'neighbourUp':
      return undefined;
    case 'neighbourDown':
      return event.neighbours > 0 ? undefined : note(`[${event.group}] no neighbour left; looking for others`);
    case 'lost':
      return note(`[${event.group}] ${plural(event.toSeq - event.fromSeq + 1, 'message')} of ${shortId(event.from)} will not come: ${numbers(event.fromSeq, event.toSeq)}`);
    case 'lagged':
      return note(`[${event.group}] ${plural(event.messages, 'message')} not shown: they came faster than they could be written`);
    case 'dropped':
      return note(`[${event.group}] message ${event.seq} of ${shortId(event.from)} was dropped: ${event.reason}`);
    case 'retrying':
      return note(retryingText(event));
    case 'stats':
      return { to: 'stats', text: statsText(event) };
    default:
      return unreachable(event);
  }
}

/** What a message's bytes are as text; bytes that are no UTF-8 are there as base64 too. */
export function messageBody(bytes: Uint8Array): { readonly text: string; readonly base64?: string } {
  const text = textOf(bytes);
  if (text !== undefined) return { text };
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return { text: buffer.toString(), base64: buffer.toString('base64') };
}

function messageText({ group, from, name, text }: MessageEvent, color: boolean): string {
  const shown = text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)} (${text.length - SHOWN_MAX} more characters)` : text;
  const who = escapeControls(name ?? shortId(from)).replaceAll('\t', ' ');
  return `${style(color).dim(`[${group}]`)} ${color ? colored(who, from) : who}: ${escapeControls(shown)}`;
}

/** The colour hangs on the id, not on the name: who takes another's name has another colour. */
function colored(who: string, from: PeerId): string {
  return `\u001b[${31 + (Number.parseInt(from.slice(0, 4), 16) % 6)}m${who}\u001b[0m`;
}

function retryingText({ addresses, reason, inMs, linked }: Extract<PeerEvent, { event: 'retrying' }>): string {
  const wait = `trying again in ${inMs < 950 ? `${Math.round(inMs)} ms` : `${Math.round(inMs / 1000)} s`}`;
  if (linked > 0) return `reached ${plural(linked, 'peer')}, but no other member of the group so far; ${wait}`;
  const [first] = addresses;
  const why = addresses.length === 1 && reason.startsWith(`${first}: `) ? reason.slice(`${first}: `.length) : reason;
  return `nobody answers at ${addresses.join(', ')}${why === 'nobody answered' ? '' : ` (${why})`}; ${wait}`;
}

function statsText(stats: StatsEvent): string {
  const { neighbours, published, publishedPerS, delivered, deliveredPerS, duplicates, missing, lost, dropped, lagged, waiting } = stats;
  const rare = Object.entries({ missing, lost, dropped, lagged, waiting }).flatMap(([name, count]) => (count === 0 ? [] : [`, ${name} ${count}`]));
  return `[${stats.group}] ${plural(neighbours, 'neighbour')}, published ${published} (${publishedPerS}/s), delivered ${delivered} (${deliveredPerS}/s), duplicates ${duplicates}${rare.join('')}`;
}

function note(text: string): Rendered {
  return { to: 'note', text };
}

function numbers(from: number, to: number): string {
  return from === to ? `number ${from}` : `numbers ${from} to ${to}`;
}

/** `1 peer`, `2 peers`. */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
