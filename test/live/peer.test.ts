import { getEventListeners } from 'node:events';
import { connect } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import type { OverlayErrorCode } from '../../lib/core/errors.ts';
import { OverlayError } from '../../lib/core/errors.ts';
import { decodeAddresses } from '../../lib/node/descriptor.ts';
import { MACHINE } from '../../lib/node/environment.ts';
import type { Group } from '../../lib/node/group.ts';
import { decodeHello } from '../../lib/node/hello.ts';
import { parseAddress } from '../../lib/transport/address.ts';
import { LISTEN, Member, Peers } from './support/peers.ts';
import { until } from './support/until.ts';

const SOON_MS = 10_000;

const peers = new Peers();
afterEach(() => peers.close());

/** The code and text of the error that it fails with. */
async function failureOf(action: () => unknown): Promise<{ readonly code: OverlayErrorCode; readonly text: string } | unknown> {
  try {
    await action();
  } catch (error) {
    return error instanceof OverlayError ? { code: error.code, text: error.message } : error;
  }
  return 'no failure';
}

async function pair(join = {}, options = {}): Promise<[Member, Member]> {
  return await peers.group(2, options, join) as [Member, Member];
}

describe.each([['udp', 'udp'], ['tcp', 'tcp'], ['udp', 'tcp']] as const)('two peers, one over %s and one over %s', (one, two) => {
  test('find each other, publish, deliver, and part', async () => {
    const first = await peers.peer({ listen: LISTEN[one] });
    const second = await peers.peer({ listen: LISTEN[two], bootstrap: first.addresses });
    const groups = [first.join('chat'), second.join('chat')] as const;
    const heard: unknown[] = [];
    groups[1].on('message', ({ data, from, seq, id, hops, receivedAt }) => heard.push([data.toString(), from, seq, id, hops, Math.abs(receivedAt - Date.now()) < 60_000]));
    await Promise.all(groups.map((group) => group.ready()));
    expect([groups[0].neighbours, groups[1].neighbours]).toEqual([[second.id], [first.id]]);
    const published = [await groups[0].publish(Buffer.from('hello')), await groups[0].publish(new Uint8Array(0))];
    await until(() => heard.length === 2, SOON_MS);
    expect(published.map(({ sentTo }) => sentTo)).toEqual([1, 1]);
    expect(heard).toEqual([['hello', first.id, 0, published[0]?.id, 1, true], ['', first.id, 1, published[1]?.id, 1, true]]);
    const parted = new Promise((resolve) => groups[0].once('neighbourDown', resolve));
    await second.close();
    expect([await parted, groups[0].neighbours]).toEqual([second.id, []]);
  });
});

describe('reading a group', () => {
  test('by iteration gives all that was published, and ends when the group is left', async () => {
    const [writer, reader] = await pair();
    reader.group.removeAllListeners('message');
    for (let i = 0; i < 50; i++) await writer.publish(`${i}`);
    const texts: string[] = [];
    for await (const { data } of reader.group) {
      texts.push(data.toString());
      if (texts.length === 50) await reader.group.leave();
    }
    expect(texts).toEqual(Array.from({ length: 50 }, (_, i) => `${i}`));
  });

  test('slowly loses the oldest and says how many', async () => {
    const [writer, reader] = await pair({ bufferMessagesMax: 10 });
    reader.group.removeAllListeners('message');
    let lagged = 0;
    reader.group.on('lagged', (messages) => { lagged += messages; });
    const iterator = reader.group[Symbol.asyncIterator]();
    for (let i = 0; i < 50; i++) await writer.publish(`${i}`);
    await until(() => reader.group.stats().delivered === 50, SOON_MS);
    const next = await iterator.next();
    expect([next.value?.data.toString(), lagged, reader.group.stats().lagged, reader.group.stats().unread]).toEqual(['40', 40, 40, 9]);
  });

  test('with a listener that throws still gives every message to the others', async () => {
    const [writer, reader] = await pair();
    const uncaught: unknown[] = [];
    // Errors of the application are the process's; here they must not end it.
    const before = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', (error) => uncaught.push(error));
    try {
      reader.group.on('message', () => { throw new Error('the application fails'); });
      await Promise.all(Array.from({ length: 20 }, (_, i) => writer.publish(`${i}`)));
      await until(() => reader.group.stats().delivered === 20, SOON_MS);
      await until(() => uncaught.length === 20, SOON_MS);
      expect(reader.texts.length).toBe(20);
    } finally {
      process.removeAllListeners('uncaughtException');
      before.forEach((listener) => process.on('uncaughtException', listener));
    }
  });
});

describe('the order of messages', () => {
  test('fifo: each publisher in its own', async () => {
    const members = await peers.group(5, {}, { order: 'fifo' });
    await Promise.all(members.map(async (member, i) => { for (let n = 0; n < 40; n++) await member.publish(`${i}:${n}`); }));
    await until(() => members.every(({ messages }) => messages.length === 160), SOON_MS, () => members.map(({ messages }) => messages.length));
    for (const { texts } of members) {
      for (let i = 0; i < 5; i++) {
        const numbers = texts.filter((text) => text.startsWith(`${i}:`)).map((text) => Number(text.slice(2)));
        expect(numbers).toEqual([...numbers].sort((x, y) => x - y));
      }
    }
  });

  test('causal: no answer before its question', async () => {
    const members = await peers.group(5, {}, { order: 'causal' });
    const [asking, answering] = members as [Member, Member];
    answering.group.on('message', ({ data }) => { void answering.publish(`answer ${data.toString().slice(9)}`); });
    for (let n = 0; n < 40; n++) await asking.publish(`question ${n}`);
    await until(() => members.slice(2).every(({ messages }) => messages.length === 80), SOON_MS, () => members.map(({ messages }) => messages.length));
    for (const { texts } of members.slice(2)) {
      for (let n = 0; n < 40; n++) expect(texts.indexOf(`question ${n}`)).toBeLessThan(texts.indexOf(`answer ${n}`));
    }
  });
});

describe('a newcomer', () => {
  test.each([['now', []], ['history', ['old 0', 'old 1', 'old 2']]] as const)('since %s gets %j of what was before', async (since, expected) => {
    const [writer, reader] = await pair();
    for (let i = 0; i < 3; i++) await writer.publish(`old ${i}`);
    await until(() => reader.messages.length === 3, SOON_MS);
    const peer = await peers.peer({ bootstrap: writer.peer.addresses });
    const newcomer = new Member(peer, peer.join('test', { since }));
    await newcomer.group.ready();
    await writer.publish('new');
    await until(() => newcomer.messages.length > expected.length, SOON_MS);
    expect([...newcomer.texts].sort()).toEqual(['new', ...expected].sort());
  });

  test('that is ready gets all that is published from then on, by everybody', async () => {
    for (let round = 0; round < 5; round++) {
      const members = await peers.group(8);
      await Promise.all(members.map((member, i) => member.publish(`from ${i}`)));
      await until(() => members.every(({ messages }) => messages.length === 7), SOON_MS, () => members.map(({ texts }) => texts));
      await peers.close();
    }
  });

  test('finds a bootstrap peer that comes up later, and says meanwhile that it is trying', async () => {
    const absent = await peers.peer();
    const { addresses } = absent;
    await absent.close();
    const early = await peers.peer({ bootstrap: addresses });
    const retries: unknown[] = [];
    early.on('retrying', ({ addresses: tried }) => retries.push(tried));
    const group = early.join('test');
    await until(() => retries.length >= 2, SOON_MS);
    expect(retries[0]).toEqual(addresses);
    const late = await peers.peer({ listen: addresses });
    late.join('test');
    await group.ready();
    expect(group.neighbours).toEqual([late.id]);
  });

  test('reaches a peer that listens on all addresses by what that peer says of itself', async () => {
    for (const kind of ['udp', 'tcp']) {
      const first = await peers.peer({ listen: `${kind}://0.0.0.0:0` });
      const second = await peers.peer({ bootstrap: first.addresses });
      first.join('test');
      await second.join('test').ready({ timeoutMs: 3000 });
    }
  });

  test('that was here a moment ago under the same id is heard', async () => {
    const reader = await peers.peer();
    const heard: string[] = [];
    reader.join('test').on('message', ({ data }) => heard.push(data.toString()));
    // Both within one second.
    await until(() => Date.now() % 1000 < 100, 2000);
    for (const text of ['first', 'second']) {
      const writer = await peers.peer({ bootstrap: reader.addresses, id: 'ab'.repeat(16) });
      const group = writer.join('test');
      await group.ready();
      await group.publish(Buffer.from(text));
      await until(() => heard.length > 0, SOON_MS);
      await writer.close();
    }
    await until(() => heard.length === 2, 3000, () => heard);
  });
});

describe('what is wrong with a call', () => {
  test('is told by codes and texts', async () => {
    const alone = await peers.peer({ messageBytesMax: 1000 });
    const group = alone.join('test');
    expect(await failureOf(() => group.ready({ timeoutMs: 20 }))).toEqual({
      code: 'NOT_READY', text: 'ready: expected 1 neighbour in test within 20 ms, got 0; no bootstrap address was given, so that others must join through this peer.',
    });
    expect(await failureOf(() => group.publish(Buffer.from('x')))).toMatchObject({ code: 'NO_NEIGHBOURS' });
    expect(await failureOf(() => group.publish(Buffer.alloc(1001)))).toEqual({ code: 'MESSAGE_TOO_LARGE', text: 'publish: expected at most 1000 bytes (messageBytesMax), got 1001.' });
    expect(await failureOf(() => group.publish('text' as never))).toMatchObject({ code: 'INVALID_OPTION', text: 'publish: expected a Uint8Array or Buffer, got "text".' });
    expect(await failureOf(() => alone.join('test'))).toMatchObject({ code: 'ALREADY_JOINED' });
    expect(await failureOf(() => alone.join(''))).toMatchObject({ code: 'INVALID_OPTION' });
    expect(await failureOf(() => alone.join('static', { overlay: 'static' }))).toMatchObject({ code: 'INVALID_OPTION' });
    expect(await failureOf(() => group.ready({ neighbours: -1 }))).toMatchObject({ code: 'INVALID_OPTION' });
    expect(await failureOf(() => peers.peer({ listen: alone.addresses }))).toMatchObject({ code: 'ADDRESS_IN_USE' });
    await group.leave();
    expect(await failureOf(() => group.publish(Buffer.from('x')))).toMatchObject({ code: 'CLOSED' });
    await alone.close();
    expect(await failureOf(() => alone.join('other'))).toMatchObject({ code: 'CLOSED' });
    expect(await failureOf(() => group.ready())).toMatchObject({ code: 'CLOSED' });
  });

  test('a join that was refused leaves nothing behind', async () => {
    const peer = await peers.peer();
    expect(await failureOf(() => peer.join('test', { order: 'total' as never }))).toMatchObject({ code: 'INVALID_OPTION' });
    expect(peer.joined).toEqual([]);
    peer.join('test');
  });

  test('not ready since nobody answers names the address and the reason', async () => {
    const absent = await peers.peer({ listen: LISTEN.tcp });
    await absent.close();
    const peer = await peers.peer({ bootstrap: absent.addresses });
    const [address] = absent.addresses;
    expect(await failureOf(() => peer.join('test').ready({ timeoutMs: 1000 }))).toEqual({
      code: 'NOT_READY', text: `ready: expected 1 neighbour in test within 1000 ms, got 0; nobody answers at ${address} (${address}: unreachable).`,
    });
  });

  test('not ready since those who answer are not in the group does not say that nobody answers, nor that no address was given', async () => {
    const other = await peers.peer();
    const peer = await peers.peer({ bootstrap: other.addresses });
    const group = peer.join('test');
    for (const timeoutMs of [100, 1500]) {
      const { text } = await failureOf(() => group.ready({ timeoutMs })) as { readonly text: string };
      expect(text).not.toMatch(/nobody answers|no bootstrap address/);
    }
  });

  test('ready waits as long as it is told, however long', async () => {
    const group = (await peers.peer()).join('test');
    const aborted = new AbortController();
    const waiting = failureOf(() => group.ready({ timeoutMs: 1e10, signal: aborted.signal }));
    setTimeout(() => aborted.abort('enough'), 100);
    expect(await waiting).toBe('enough');
  });

  test('the queue of the neighbours is full: publish waits for room, and fails only when its time is over', async () => {
    const [writer, reader] = await pair({ bufferBytesMax: 2 ** 30 }, { listen: LISTEN.tcp, queueBytesMax: 200_000, publishTimeoutMs: 20_000 });
    const startMs = performance.now();
    const results = await Promise.all(Array.from({ length: 100 }, () => failureOf(() => writer.group.publish(Buffer.alloc(60_000)))));
    expect(results.filter((result) => result !== 'no failure')).toEqual([]);
    await until(() => reader.messages.length === 100, SOON_MS, () => reader.messages.length);
    // The queue was never full for long: nobody had to wait for all of that time.
    expect(performance.now() - startMs).toBeLessThan(10_000);
  });

  test('QUEUE_FULL where a neighbour reads nothing', async () => {
    const [writer] = await pair({}, { listen: LISTEN.udp, queueBytesMax: 200_000, publishTimeoutMs: 100, closeTimeoutMs: 100 });
    // All in one turn of the event loop, in which nothing can be sent.
    const results = await Promise.all(Array.from({ length: 50 }, () => failureOf(() => writer.group.publish(Buffer.alloc(60_000)))));
    for (const result of results) if (result !== 'no failure') expect(result).toMatchObject({ code: 'QUEUE_FULL' });
  });
});

describe('ending', () => {
  test('a signal closes the peer, and is let go when the peer closes by itself', async () => {
    const aborted = new AbortController();
    const [one, two] = [await peers.peer({ signal: aborted.signal }), await peers.peer({ signal: aborted.signal })];
    const group = one.join('test');
    await two.close();
    expect(getEventListeners(aborted.signal, 'abort').length).toBe(1);
    const closed = new Promise((resolve) => one.once('closed', () => resolve('closed')));
    aborted.abort();
    expect(await closed).toBe('closed');
    expect(await failureOf(() => group.publish(Buffer.from('x')))).toMatchObject({ code: 'CLOSED' });
    expect(await failureOf(() => peers.peer({ signal: aborted.signal }))).toBe(aborted.signal.reason);
  });

  test('signals end ready and publish', async () => {
    const group = (await peers.peer()).join('test');
    expect(await failureOf(() => group.ready({ signal: AbortSignal.abort('no') }))).toBe('no');
    expect(await failureOf(() => group.publish(Buffer.from('x'), { signal: AbortSignal.abort('no') }))).toBe('no');
    const waiting = failureOf(() => group.ready());
    await group.leave();
    expect(await waiting).toMatchObject({ code: 'CLOSED' });
  });

  test('happens once, also where a group that is left closes the peer', async () => {
    const peer = await peers.peer();
    const group = peer.join('test');
    let [closed, left] = [0, 0];
    peer.on('closed', () => { closed++; });
    group.on('left', () => {
      left++;
      void peer.close();
    });
    await Promise.all([peer.close(), peer.close(), peer[Symbol.asyncDispose]()]);
    expect([closed, left]).toEqual([1, 1]);
  });

  test('a peer that is aborted while it begins to listen leaves nothing open', async () => {
    const aborted = new AbortController();
    const opening = failureOf(() => peers.peer({ signal: aborted.signal, listen: [LISTEN.udp, LISTEN.tcp] }));
    aborted.abort('no');
    expect(await opening).toBe('no');
  });

  test('sends what was published just before', async () => {
    const [writer, reader] = await pair();
    await Promise.all(Array.from({ length: 20 }, () => writer.group.publish(Buffer.alloc(10_000))));
    await writer.peer.close();
    await until(() => reader.messages.length === 20, SOON_MS, () => reader.messages.length);
  });

  test('leaves no handle open', async () => {
    const handles = (): string[] => process.getActiveResourcesInfo().filter((kind) => /UDP|TCP|Timeout/.test(kind)).sort();
    const before = handles();
    const members = await peers.group(4, { listen: [LISTEN.udp, LISTEN.tcp] });
    await members[0]?.group.publish(Buffer.alloc(100_000));
    await peers.close();
    await until(() => handles().length <= before.length, 2000, handles);
  });

  test('a group that is left and joined again from within a callback delivers', async () => {
    const [writer, reader] = await pair();
    const again: string[] = [];
    const joined = new Promise<Group>((resolve) => reader.group.once('message', () => {
      void reader.group.leave();
      const group = reader.peer.join('test');
      group.on('message', ({ data }) => again.push(data.toString()));
      resolve(group);
    }));
    await writer.publish('leave');
    await (await joined).ready();
    await writer.group.ready();
    await writer.publish('after');
    await until(() => again.includes('after'), 3000, () => again);
  });
});

describe('what peers share and tell', () => {
  test('two groups share the links', async () => {
    const [one, two] = await pair();
    const groups = [one.peer.join('other'), two.peer.join('other')];
    await Promise.all(groups.map((group) => group.ready()));
    await groups[0]?.publish(Buffer.from('x'));
    await until(() => groups[1]?.stats().delivered === 1, SOON_MS);
    expect([one, two].map(({ peer }) => peer.stats()['links']?.['up'])).toEqual([1, 1]);
    expect(one.peer.joined.map(({ name }) => name)).toEqual(['test', 'other']);
  });

  test('explain says what part a neighbour plays and why', async () => {
    const [one, two] = await pair();
    await one.publish('x');
    const explanation = one.group.explain(two.peer.id);
    expect(explanation).toMatchObject({ peer: two.peer.id, neighbour: true, tree: 'eager', role: { reason: 'new neighbour' }, health: { state: 'alive' } });
    expect([explanation?.neighbourSinceMs, explanation?.role?.sinceMs, explanation?.health?.sinceMs].every((ms) => Math.abs(Number(ms) - Date.now()) < 60_000)).toBe(true);
    expect(explanation?.links.map(({ transport, queuedBytes }) => [transport, queuedBytes >= 0])).toEqual([['udp', true]]);
    expect(one.group.explain('00'.repeat(16))).toBeUndefined();
  });

  test('many may wait at once without a warning', async () => {
    const warnings: string[] = [];
    const listen = (warning: Error): void => { warnings.push(warning.name); };
    process.on('warning', listen);
    const group = (await peers.peer()).join('test');
    await Promise.all(Array.from({ length: 30 }, () => failureOf(() => group.ready({ timeoutMs: 20 }))));
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', listen);
    expect(warnings).toEqual([]);
  });

  test('no hello goes out before the addresses in it are known', async () => {
    const slowly = { ...MACHINE, resolve: async (host: string): Promise<readonly string[]> => {
      if (host !== 'me.example') return MACHINE.resolve(host);
      await new Promise((resolve) => setTimeout(resolve, 300));
      return ['127.0.0.1'];
    } };
    const free = await peers.peer({ listen: LISTEN.tcp });
    const [address = ''] = free.addresses;
    await free.close();
    const { port } = parseAddress(address, 'test');
    const opening = peers.peer({ listen: address, advertise: address.replace('127.0.0.1', 'me.example') }, slowly);
    const hello = await new Promise<Uint8Array>((resolve) => {
      const attempt = (): void => {
        const socket = connect(port, '127.0.0.1');
        socket.on('error', () => setTimeout(attempt, 5));
        socket.on('data', (bytes) => {
          socket.destroy();
          // Past the length of the frame, and the magic and version of the transport.
          resolve(bytes.subarray(8));
        });
      };
      attempt();
    });
    await opening;
    expect(decodeAddresses(decodeHello(hello)?.descriptor ?? new Uint8Array(0))).toEqual([parseAddress(address, 'test')]);
  });
});
