import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const ENTRY = join(ROOT, 'bin', 'overlay-peer.ts');
const TSX = import.meta.resolve('tsx');

/** Nothing that is waited for takes longer. */
const DEADLINE_MS = 15_000;

/** A running `overlay-peer`, in a process of its own. */
class Running {
  output = '';
  errors = '';
  private readonly child: ChildProcess;
  private status: number | string | undefined = undefined;
  private readonly waiting = new Set<() => void>();

  /** @param input whether there is a pipe to write to; else /dev/null. */
  constructor(args: readonly string[], input: boolean) {
    const { FORCE_COLOR: _, ...env } = process.env;
    this.child = spawn(process.execPath, ['--import', TSX, ENTRY, ...args], { cwd: ROOT, env, stdio: [input ? 'pipe' : 'ignore', 'pipe', 'pipe'] });
    this.child.stdin?.on('error', () => {});
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => this.notice(() => { this.output += text; }));
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => this.notice(() => { this.errors += text; }));
    this.child.on('close', (code, signal) => this.notice(() => { this.status = code ?? signal ?? 'ended'; }));
  }

  write(text: string | Uint8Array): void {
    this.child.stdin?.write(text);
  }

  endInput(text = ''): void {
    this.child.stdin?.end(text);
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Nobody reads its standard output any more. */
  closeOutput(): void {
    this.child.stdout?.destroy();
  }

  /** Resolves with the match once standard output matches. */
  async shows(pattern: RegExp): Promise<RegExpExecArray> {
    return this.until(() => pattern.exec(this.output) ?? undefined, `output ${pattern}`);
  }

  async says(pattern: RegExp): Promise<RegExpExecArray> {
    return this.until(() => pattern.exec(this.errors) ?? undefined, `errors ${pattern}`);
  }

  /** Resolves with the exit status, or the signal that ended it. */
  async ended(): Promise<number | string> {
    return this.until(() => this.status, 'end');
  }

  /** The address that it listens on with this transport. */
  async address(transport: 'udp' | 'tcp'): Promise<string> {
    const [, address = ''] = await this.until(() => new RegExp(`(${transport}://127\\.0\\.0\\.1:\\d+)`).exec(this.errors + this.output) ?? undefined, `${transport} address`);
    return address;
  }

  /** The events on standard output so far. */
  events(): readonly Event[] {
    return this.output.split('\n').filter((line) => line !== '').map((line): Event => JSON.parse(line));
  }

  /** No process outlives the tests. */
  stop(): void {
    if (this.status === undefined) this.child.kill('SIGKILL');
  }

  private notice(change: () => void): void {
    change();
    for (const check of [...this.waiting]) check();
  }

  private until<T>(look: () => T | undefined, what: string): Promise<T> {
    return new Promise((resolve, reject) => {
      const check = (): void => {
        const found = look();
        if (found === undefined && this.status === undefined) return;
        clearTimeout(timer);
        this.waiting.delete(check);
        if (found !== undefined) resolve(found);
        else reject(new Error(`ended with ${this.status} before ${what}\n${this.output}\n${this.errors}`));
      };
      const timer = setTimeout(() => {
        this.waiting.delete(check);
        reject(new Error(`no ${what} within ${DEADLINE_MS} ms\n${this.output}\n${this.errors}`));
      }, DEADLINE_MS);
      this.waiting.add(check);
      check();
    });
  }
}

interface Event {
  readonly event: string;
  readonly [field: string]: unknown;
}

let running: Running[] = [];

/** `line`: the command line, its words parted by blanks. */
function start(line: string, input = true): Running {
  const peer = new Running(line.split(' '), input);
  running.push(peer);
  return peer;
}

function stopAll(): void {
  for (const peer of running) peer.stop();
  running = [];
}

/** A TCP port at which nobody listens. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

describe('two terminals', () => {
  afterEach(stopAll);

  test.each([
    ['udp', 'udp', 'udp'],
    ['tcp', 'tcp', 'tcp'],
    ['udp', 'tcp', 'udp'],
  ] as const)('chat, one listening on %s and one on %s, joined by %s', async (hers, his, by) => {
    const ada = start(`--listen ${hers}://127.0.0.1:0 --group news --name ada`);
    const bob = start(`--listen ${his}://127.0.0.1:0 --join ${await ada.address(by)} --group news`);
    await bob.says(/\[news\] ready, 1 neighbour\n/);
    await ada.says(/\[news\] ready, 1 neighbour\n/);
    ada.write('hello\n');
    await bob.shows(/^\[news\] ada: hello\n$/);
    bob.endInput('good\u001b[2J morning\nbye');
    await ada.shows(/^\[news\] [0-9a-f]{8}: good\\u001b\[2J morning\n\[news\] [0-9a-f]{8}: bye\n$/);
    expect(await bob.ended()).toBe(0);
    await ada.says(/\[news\] no neighbour left; looking for others\n$/);
    ada.kill('SIGTERM');
    expect(await ada.ended()).toBe(0);
  });

  test('lines wait until there is a neighbour', async () => {
    const ada = start('--listen udp://127.0.0.1:0 --name ada');
    ada.endInput('one\ntwo\n');
    const bob = start(`--join ${await ada.address('udp')} --quiet`, false);
    await bob.shows(/^\[main\] ada: one\n\[main\] ada: two\n$/);
    expect(await ada.ended()).toBe(0);
    bob.kill('SIGINT');
    expect(await bob.ended()).toBe(0);
    expect(bob.errors).toBe('');
  });
});

describe('several groups', () => {
  afterEach(stopAll);

  test('are channels of one peer, and nobody gets what is not his', async () => {
    const hub = start('--listen udp://127.0.0.1:0,tcp://127.0.0.1:0 --group news,off --name hub');
    const address = await hub.address('tcp');
    const news = start(`--join ${address} --group news --json`);
    const off = start(`--join ${address} --group off --name off --json --stats`, false);
    await Promise.all([news.shows(/"ready"/), off.shows(/"ready"/)]);
    hub.write('to the first\n/off to the other\n//off is no group\n');
    await Promise.all([news.shows(/is no group/), off.shows(/to the other/)]);
    news.write('/off is text here\n');
    await hub.shows(/^\[news\] [0-9a-f]{8}: \/off is text here\n$/);
    await off.shows(/"stats"/);
    const texts = (peer: Running): unknown[] => peer.events().filter(({ event }) => event === 'message').map(({ group, name, text, seq, hops }) => ({ group, name, text, seq, hops }));
    expect(texts(news)).toEqual([
      { group: 'news', name: 'hub', text: 'to the first', seq: 0, hops: 1 },
      { group: 'news', name: 'hub', text: '/off is no group', seq: 1, hops: 1 },
    ]);
    expect(texts(off)).toEqual([{ group: 'off', name: 'hub', text: 'to the other', seq: 0, hops: 1 }]);
    expect(news.events().map(({ event }) => event)).toEqual(['listening', 'neighbourUp', 'ready', 'message', 'message']);
    expect(off.events().find(({ event, delivered }) => event === 'stats' && delivered === 1)).toMatchObject({ group: 'off', neighbours: 1, published: 0, duplicates: 0, lost: 0, waiting: 0 });
    hub.kill('SIGINT');
    expect(await hub.ended()).toBe(0);
    await news.shows(/"neighbourDown"/);
  });
});

describe('a peer that stays', () => {
  let seed: Running;
  let udp = '';
  let tcp = '';
  beforeAll(async () => {
    seed = new Running('--listen udp://127.0.0.1:0,tcp://127.0.0.1:0 --group news --json'.split(' '), false);
    [udp, tcp] = [await seed.address('udp'), await seed.address('tcp')];
  });
  afterEach(stopAll);
  afterAll(() => seed.stop());

  test('gets the line of an echo that ends at once, bytes and all', async () => {
    const echo = start(`--join ${udp} --group news --quiet`);
    echo.write(Uint8Array.of(0x61, 0xff));
    echo.endInput();
    await seed.shows(/"base64":"Yf8="/);
    expect([await echo.ended(), echo.output, echo.errors]).toEqual([0, '', '']);
  });

  test('gives a newcomer its history, to be shown for as long as --linger says', async () => {
    const late = start(`--listen tcp://127.0.0.1:0 --join ${tcp} --group news --since history --linger 2000`, false);
    await late.shows(/^\[news\] [0-9a-f]{8}: a\ufffd\n$/);
    expect(await late.ended()).toBe(0);
  });

  test('answers pings over either transport', async () => {
    const id = seed.events()[0]?.['id'];
    const [overUdp, overTcp] = [start(`ping ${udp} --count 1`), start(`ping ${tcp} --count 1 --json`)];
    expect([await overUdp.ended(), await overTcp.ended()]).toEqual([0, 0]);
    const lines = overUdp.output.replaceAll(/[\d.]+ ms/g, 'T').split('\n');
    expect(lines).toEqual([`${udp} is peer ${id}, reached over udp in T`, 'round trip 1: T', `${udp}: 1 sent, 1 answered, 0 % lost; min/avg/max T, T, T`, '']);
    const ms = expect.any(Number);
    expect(overTcp.events()).toEqual([
      { event: 'reached', address: tcp, peer: id, transport: 'tcp', openedMs: ms },
      { event: 'roundTrip', number: 1, ms },
      { event: 'summary', address: tcp, sent: 1, answered: 1, minMs: ms, avgMs: ms, maxMs: ms },
    ]);
  });

  test('is seen by watch, in blocks and as JSON', async () => {
    const short = String(seed.events()[0]?.['id']).slice(0, 8);
    const blocks = start(`watch ${udp} --group news --count 2`);
    expect(await blocks.ended()).toBe(0);
    const [first = '', second = '', ...rest] = blocks.output.split('\n\n');
    expect([rest, blocks.errors]).toEqual([[], '']);
    for (const block of [first, second]) {
      expect(block).toMatch(/^\[news\] peer [0-9a-f]{8}, \d neighbours?, 0 messages\/s, 0 duplicates\/s, \d+ delivered\n {2}peer +transport +rtt +tree +why +since +health +in\/s\n/);
      expect(block).toMatch(new RegExp(`^  ${short}  udp +[\\d.]+ ms +eager +new neighbour +\\d s +alive +0$`, 'm'));
    }
    const json = start(`watch ${tcp} --group news --count 1 --json`);
    expect(await json.ended()).toBe(0);
    const [event] = json.events() as readonly (Event & { readonly neighbours: readonly unknown[] })[];
    expect(event).toMatchObject({ event: 'watch', group: 'news', deliveredPerS: 0, lost: 0 });
    expect(event?.neighbours).toContainEqual(expect.objectContaining({ peer: seed.events()[0]?.['id'], tree: 'eager', health: 'alive', receivedPerS: 0 }));
  });

  test('is not disturbed by one whose reader has gone, which ends quietly', async () => {
    const deaf = start(`--join ${tcp} --group news`, false);
    await deaf.says(/\[news\] ready, 1 neighbour\n$/);
    const said = deaf.errors;
    deaf.closeOutput();
    const echo = start(`--join ${tcp} --group news --quiet`);
    echo.endInput('one\n');
    expect([await deaf.ended(), deaf.errors]).toEqual([0, said]);
    expect(await echo.ended()).toBe(0);
  });

  test('leaves at Ctrl-C', async () => {
    seed.kill('SIGINT');
    expect([await seed.ended(), seed.errors.split('\n').length]).toEqual([0, 1]);
  });
});

describe('nobody there', () => {
  afterEach(stopAll);

  test('leaves lines unpublished, which is said, and the status is 1', async () => {
    const echo = start(`--join tcp://127.0.0.1:${await freePort()} --linger 300`);
    echo.endInput('one\ntwo\n');
    expect(await echo.ended()).toBe(1);
    expect(echo.errors.split('\n').slice(-3)).toEqual(['overlay-peer: no neighbour within 300 ms of the end of the input', 'overlay-peer: [main] 2 lines not published', '']);
  });

  test('is what ping says, with status 1', async () => {
    const address = `tcp://127.0.0.1:${await freePort()}`;
    const ping = start(`ping ${address}`);
    expect([await ping.ended(), ping.output, ping.errors]).toEqual([1, '', `overlay-peer: ${address}: nobody answers.\n`]);
  });

  test('is not looked for with arguments that are wrong: status 2 and one sentence', async () => {
    const address = `tcp://127.0.0.1:${await freePort()}`;
    const wrong = [start('--gruop news'), start(`--listen ${address},udp://192.0.2.1:0`)];
    expect(await Promise.all(wrong.map((peer) => peer.ended()))).toEqual([2, 2]);
    expect(wrong.map(({ output, errors }) => output + errors)).toEqual([
      'overlay-peer: unknown option "--gruop". Did you mean --group?\n',
      expect.stringMatching(/^overlay-peer: --listen: expected an address of this machine, got udp:\/\/192\.0\.2\.1:0 \(.*\)\.\n$/),
    ]);
  });
});
