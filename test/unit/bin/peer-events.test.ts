import { describe, expect, test } from 'vitest';

import { decodeLine, encodeLine } from '../../../bin/peer/envelope.ts';
import { escapeControls, shellWord } from '../../../bin/peer/escape.ts';
import { type MessageEvent, SHOWN_MAX, messageBody, renderJson, renderText } from '../../../bin/peer/events.ts';
import { neighbourLines } from '../../../bin/peer/neighbours.ts';
import { pingText, summaryOf } from '../../../bin/peer/ping.ts';
import { watchLines } from '../../../bin/peer/watch.ts';

const ID = '00112233445566778899aabbccddeeff';
const MESSAGE: MessageEvent = { event: 'message', group: 'news', from: ID, name: 'ada', text: 'hello', seq: 0, hops: 1, receivedAt: 5 };

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

describe('the envelope', () => {
  test('of a line without a name is the line itself', () => {
    expect(hex(encodeLine({ name: undefined, text: Buffer.from('hi') }))).toBe('6869');
    expect(hex(encodeLine({ name: undefined, text: new Uint8Array(0) }))).toBe('');
  });

  test('carries a name in front', () => {
    expect(hex(encodeLine({ name: 'ä', text: Buffer.from('hi') }))).toBe('fe0102c3a46869');
    expect(hex(encodeLine({ name: 'a', text: new Uint8Array(0) }))).toBe('fe010161');
  });

  test('marks a line that would look like one', () => {
    expect(hex(encodeLine({ name: undefined, text: Uint8Array.of(0xfe, 1, 0) }))).toBe('fe0100fe0100');
  });

  test.each([
    [undefined, ''],
    [undefined, '6869'],
    [undefined, 'fe'],
    [undefined, 'fe010161'],
    ['ada', ''],
    ['ada', 'ff00fe'],
    ['x'.repeat(64), '6869'],
  ])('of %j and %s comes back as it was', (name, text) => {
    const { name: decodedName, text: decoded } = decodeLine(encodeLine({ name, text: Buffer.from(text, 'hex') }));
    expect([decodedName, hex(decoded)]).toEqual([name, text]);
  });

  test.each([
    ['mark alone', 'fe'],
    ['no length', 'fe01'],
    ['another version', 'fe0201616869'],
    ['a name cut short', 'fe01036161'],
    ['a name too long', `fe0141${'61'.repeat(65)}`],
    ['a name that is no UTF-8', 'fe0101ff68'],
  ])('with %s is none, but a line as it is', (_, bytes) => {
    const { name, text } = decodeLine(Buffer.from(bytes, 'hex'));
    expect([name, hex(text)]).toEqual([undefined, bytes]);
  });
});

describe('what reaches a terminal', () => {
  test.each([
    ['plain, ünïcode 👍 and\ttabs', 'plain, ünïcode 👍 and\ttabs'],
    ['\u001b[2J\u0007\u0000', '\\u001b[2J\\u0007\\u0000'],
    ['a\nb\r', 'a\\nb\\r'],
    ['\u009b31m\u007f', '\\u009b31m\\u007f'],
    ['\u202ecba\u2066\u2028\ufeff', '\\u202ecba\\u2066\\u2028\\ufeff'],
    ['\ud800 half', '\\ud800 half'],
  ])('%j becomes %j', (text, escaped) => {
    expect(escapeControls(text)).toBe(escaped);
  });

  test('as JSON has no control characters either, and is the same', () => {
    const text = Array.from({ length: 0x3000 }, (_, code) => String.fromCharCode(code)).join('');
    const line = renderJson({ ...MESSAGE, text });
    expect(escapeControls(line)).toBe(line);
    expect(JSON.parse(line)).toEqual({ ...MESSAGE, text });
  });

  test.each([['udp://[::1]:7000', "'udp://[::1]:7000'"], ['udp://127.0.0.1:7000', 'udp://127.0.0.1:7000'], ["it's", "'it'\\''s'"], ['a;b', "'a;b'"], ['ä', "'ä'"]])(
    'the word %s in a command is %s', (text, word) => expect(shellWord(text)).toBe(word),
  );
});

describe('a message', () => {
  test('is shown with its group and name, or the short id', () => {
    expect(renderText(MESSAGE, false)).toEqual({ to: 'output', text: '[news] ada: hello' });
    expect(renderText({ ...MESSAGE, name: null }, false)).toEqual({ to: 'output', text: '[news] 00112233: hello' });
  });

  test('is escaped, its name too', () => {
    expect(renderText({ ...MESSAGE, name: 'a\t\u001b', text: '\u001b]0;x\u0007\n' }, false)?.text).toBe('[news] a \\u001b: \\u001b]0;x\\u0007\\n');
  });

  test('is cut where it is too long to be shown', () => {
    expect(renderText({ ...MESSAGE, text: 'x'.repeat(SHOWN_MAX + 5) }, false)?.text).toBe(`[news] ada: ${'x'.repeat(SHOWN_MAX)} (5 more characters)`);
  });

  test('has the colour of its sender, whatever the name', () => {
    expect(renderText(MESSAGE, true)?.text).toBe('\u001b[2m[news]\u001b[0m \u001b[36mada\u001b[0m: hello');
    expect(renderText({ ...MESSAGE, from: 'ff'.repeat(16) }, true)?.text).toBe('\u001b[2m[news]\u001b[0m \u001b[34mada\u001b[0m: hello');
  });

  test('keeps bytes that are no text as base64', () => {
    expect(messageBody(Buffer.from('ä'))).toEqual({ text: 'ä' });
    expect(messageBody(Uint8Array.of(0x61, 0xff))).toEqual({ text: 'a\ufffd', base64: 'Yf8=' });
  });
});

describe('events for people', () => {
  const stats = { event: 'stats', group: 'news', neighbours: 1, published: 3, publishedPerS: 1, delivered: 9, deliveredPerS: 4, duplicates: 2, missing: 0, lost: 0, dropped: 0, lagged: 0, waiting: 0 } as const;
  const retrying = { event: 'retrying', addresses: ['udp://a:1'], reason: 'udp://a:1: unreachable', inMs: 500, linked: 0 } as const;
  test.each([
    [{ event: 'listening', id: ID, addresses: ['udp://a:1', 'tcp://a:2'], joinCommand: 'overlay-peer' } as const, 'note', 'peer 00112233 listens on udp://a:1 and tcp://a:2\nto join from another terminal: overlay-peer'],
    [{ event: 'ready', group: 'news', neighbours: 1 } as const, 'note', '[news] ready, 1 neighbour'],
    [{ event: 'neighbourUp', group: 'news', peer: ID, neighbours: 1 } as const, undefined, undefined],
    [{ event: 'neighbourDown', group: 'news', peer: ID, neighbours: 2 } as const, undefined, undefined],
    [{ event: 'neighbourDown', group: 'news', peer: ID, neighbours: 0 } as const, 'note', '[news] no neighbour left; looking for others'],
    [{ event: 'lost', group: 'news', from: ID, fromSeq: 3, toSeq: 3 } as const, 'note', '[news] 1 message of 00112233 will not come: number 3'],
    [{ event: 'lost', group: 'news', from: ID, fromSeq: 3, toSeq: 5 } as const, 'note', '[news] 3 messages of 00112233 will not come: numbers 3 to 5'],
    [{ event: 'lagged', group: 'news', messages: 2 } as const, 'note', '[news] 2 messages not shown: they came faster than they could be written'],
    [{ event: 'dropped', group: 'news', from: ID, seq: 7, reason: 'too-old' } as const, 'note', '[news] message 7 of 00112233 was dropped: too-old'],
    [retrying, 'note', 'nobody answers at udp://a:1 (unreachable); trying again in 500 ms'],
    [{ ...retrying, reason: 'nobody answered', inMs: 8000 }, 'note', 'nobody answers at udp://a:1; trying again in 8 s'],
    [{ ...retrying, linked: 1 }, 'note', 'reached 1 peer, but no other member of the group so far; trying again in 500 ms'],
    [stats, 'stats', '[news] 1 neighbour, published 3 (1/s), delivered 9 (4/s), duplicates 2'],
    [{ ...stats, neighbours: 0, lost: 1, waiting: 5 }, 'stats', '[news] 0 neighbours, published 3 (1/s), delivered 9 (4/s), duplicates 2, lost 1, waiting 5'],
  ])('%j', (event, to, text) => {
    expect(renderText(event, true)).toEqual(to === undefined ? undefined : { to, text });
  });
});

describe('ping and watch', () => {
  test('a ping ends with the shortest, mean and longest round trip', () => {
    const summary = summaryOf('udp://a:1', [0.5, undefined, 12.25, 2.4]);
    expect(summary).toEqual({ event: 'summary', address: 'udp://a:1', sent: 4, answered: 3, minMs: 0.5, avgMs: 5.05, maxMs: 12.25 });
    expect(pingText(summary)).toBe('udp://a:1: 4 sent, 3 answered, 25 % lost; min/avg/max 0.50 ms, 5.05 ms, 12.3 ms');
  });

  test('a ping without answers has no times', () => {
    const summary = summaryOf('udp://a:1', [undefined]);
    expect(summary).toEqual({ event: 'summary', address: 'udp://a:1', sent: 1, answered: 0, minMs: null, avgMs: null, maxMs: null });
    expect(pingText(summary)).toBe('udp://a:1: 1 sent, 0 answered, 100 % lost');
  });

  const view = { peer: ID, transport: 'udp', rttMs: 0.421, queuedBytes: 0, tree: 'eager', why: 'new neighbour', sinceMs: 1000, health: 'alive', neighbourSinceMs: 0 } as const;

  test('neighbours stand in a table', () => {
    const other = { ...view, peer: 'ff'.repeat(16), transport: '', rttMs: null, tree: null, why: null, sinceMs: null, health: null };
    expect(neighbourLines([view, { ...view, sinceMs: -400_000, rttMs: 123.4, transport: 'udp+tcp' }, other], 3000)).toEqual([
      '  peer      transport  rtt      tree   why            since  health',
      '  00112233  udp        0.42 ms  eager  new neighbour  2 s    alive',
      '  00112233  udp+tcp    123 ms   eager  new neighbour  6 min  alive',
      '  ffffffff  -          -        -      -              -      -',
    ]);
    expect(neighbourLines([], 0)).toEqual([]);
  });

  test('a block of watch has rates', () => {
    const event = { event: 'watch', id: ID, group: 'news', timeMs: 3000, deliveredPerS: 8, duplicatesPerS: 1, delivered: 30, lost: 0 } as const;
    expect(watchLines({ ...event, neighbours: [{ ...view, receivedPerS: 9 }] })).toEqual([
      '[news] peer 00112233, 1 neighbour, 8 messages/s, 1 duplicates/s, 30 delivered',
      '  peer      transport  rtt      tree   why            since  health  in/s',
      '  00112233  udp        0.42 ms  eager  new neighbour  2 s    alive   9',
    ]);
    expect(watchLines({ ...event, neighbours: [], lost: 2 })).toEqual(['[news] peer 00112233, 0 neighbours, 8 messages/s, 1 duplicates/s, 30 delivered, 2 lost; looking for others']);
  });
});
