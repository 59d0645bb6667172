import type { PeerLinks } from '../../lib/node/peer-links.ts';
import { PEER_DEFAULTS } from '../../lib/node/options.ts';
import { wrongAccounts } from '../../lib/transport/account.ts';
import type { Link } from '../../lib/transport/transport.ts';
import { UdpLink } from '../../lib/transport/udp/udp-link.ts';
import type { Checker } from '../scenario/invariant.ts';
import { Lasting } from '../scenario/lasting.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { isCalm, keepsTime } from './calm.ts';
import type { Member } from './member.ts';
import type { StackProcess } from './process.ts';
import { soundness } from './soundness.ts';
import { hostOf } from './underlay-network.ts';
import type { StackWorld } from './world.ts';

/** A link that is up is known to the peer that it is of after so long, in ms: a look or two. */
const KNOWN_MS = 500;
/** Links are looked through this often, in ms (`SWEEP_MS` of the peer), and found at the second look at the latest. */
const SWEEP_MS = 5000;
/** So many times as long is waited where the other end dialled. */
const ACCEPTED_IDLE_TIMES = 4;
/** For what comes in between. */
const SLACK_MS = 1000;
/** Who has left is nobody's neighbour so soon after it has closed, in ms: less than the failure detector takes. */
const LEFT_MS = 1500;
/** A peer sets no more timers of its machine than this, whatever its protocols wait for. A guess: some, and one for each link. */
const TIMERS_MAX = 200;
/** So long after the last fault nobody is suspected any more who has not failed, in ms. A guess: probes and suspicions that began before have ended. */
const AFTERMATH_MS = 15_000;

/** What watching the live half needs of its run. */
export interface UpkeepParts {
  readonly world: StackWorld;
  readonly scenario: Scenario;
  /** By host. */
  readonly members: ReadonlyMap<number, Member>;
  readonly report: (invariant: string, kind: 'safety' | 'liveness', what: string, host: number) => void;
}

/** A peer that has said good-bye. */
interface Leaver {
  readonly host: number;
  readonly fromMs: number;
  readonly closedMs: number;
}

/**
 * What the live half promises beside what protocols do, looked at now and then: counters
 * are right, links are known, wanted or soon gone, who leaves is let go at once, nobody
 * is suspected without a reason, and a peer that is closed leaves nothing behind.
 */
export class Upkeep implements Checker {
  private readonly parts: UpkeepParts;
  private readonly unknown = new Lasting(KNOWN_MS);
  private readonly unwanted: Lasting;
  private readonly halfOpen: Lasting;
  private leavers: Leaver[] = [];

  constructor(parts: UpkeepParts) {
    this.parts = parts;
    const { limits = {}, peers } = parts.scenario;
    const longest = (name: 'idleLinkMs' | 'idleTimeoutMs' | 'keepAliveMs'): number => Math.max(...peers.map((plan) => plan.limits?.[name] ?? limits[name] ?? PEER_DEFAULTS[name]));
    this.unwanted = new Lasting(ACCEPTED_IDLE_TIMES * longest('idleLinkMs') + 2 * SWEEP_MS + SLACK_MS);
    this.halfOpen = new Lasting(longest('idleTimeoutMs') + longest('keepAliveMs') + SLACK_MS);
  }

  onTick(): void {
    const { members, report, world: { nowMs } } = this.parts;
    const [unknown, unwanted, halfOpen]: [string[], string[], string[]] = [[], [], []];
    for (const [host, member] of members) {
      this.look(host, member);
      if (!member.joined) continue;
      const linked = member.linked;
      const links = this.linksUp(member.process);
      unknown.push(...links.filter((link) => !linked.some(({ all }) => all.includes(link))).map((link) => `${host} a link to host ${hostOf(link.remote.host)} is up that its peer does not know (${idOf(link)})`));
      if (!keepsTime(this.parts.scenario, host)) continue;
      unwanted.push(...linked.filter(({ wanted, dialling }) => wanted === 0 && dialling === undefined).map((to) => this.unwantedText(host, member, to)));
      halfOpen.push(...links.filter((link) => this.otherEnd(link) === undefined).map((link) => `${host} a link to host ${hostOf(link.remote.host)} is up that has no other end (${idOf(link)})`));
    }
    for (const { host, what } of this.parts.world.watch.acknowledgedInVain((link) => this.otherEnd(link)?.state === 'up')) report('links-true', 'safety', what, host);
    this.tell('links-known', this.unknown.look(nowMs, unknown));
    this.tell('links-wanted', this.unwanted.look(nowMs, unwanted));
    this.tell('links-end', this.halfOpen.look(nowMs, halfOpen));
    for (const leaver of this.leavers.filter(({ closedMs }) => nowMs - closedMs >= LEFT_MS)) this.lookForLeaver(leaver, report);
    this.leavers = this.leavers.filter(({ closedMs }) => nowMs - closedMs < LEFT_MS);
  }

  atEnd(): void {
    const { world, report } = this.parts;
    for (const { host, what } of world.watch.owed()) report('links-bring', 'liveness', what, host);
  }

  /** The process has ended of itself: its peer has left and closed. */
  onClosed(process: StackProcess, fromMs: number): void {
    const { world, report } = this.parts;
    const { host, timers } = process;
    const sockets = world.network.socketsOf(host);
    if (timers > 0 || sockets > 0) report('closes-clean', 'safety', `has closed, and ${timers} timers and ${sockets} sockets of it are left, which keep the process alive`, host);
    this.leavers.push({ host, fromMs, closedMs: world.nowMs });
  }

  /** One peer suspects another. */
  onSuspected(host: number, suspected: number): void {
    const { world: { nowMs }, members, scenario, report } = this.parts;
    if (members.get(suspected)?.joined !== true || !isCalm(scenario, nowMs, nowMs, AFTERMATH_MS)) return;
    report('none-suspected', 'safety', `suspects peer ${suspected}, which is alive, while nothing is wrong`, host);
  }

  private look(host: number, member: Member): void {
    const { report } = this.parts;
    member.lookAtReader();
    const { process, accounts } = member;
    for (const what of soundness(member.stats())) report('links-true', 'safety', what, host);
    for (const what of wrongAccounts([...accounts, ...(process.transport?.accounts() ?? [])])) report('counters-true', 'safety', what, host);
    if (process.timers > TIMERS_MAX) report('timers-few', 'safety', `has ${process.timers} timers`, host);
  }

  private linksUp(process: StackProcess): readonly Link[] {
    return this.parts.world.watch.linksOf(process).filter(({ state }) => state === 'up');
  }

  /** By the frames that have gone there and come from there, so that each of them begins it anew. */
  private unwantedText(host: number, { process, hostOf: nameOf }: Member, { peer, isUp }: PeerLinks): string {
    const other = nameOf(peer);
    return `${host} ${isUp ? 'links' : 'a place for links'} to peer ${other} that nobody wants, after ${process.frames.get(other) ?? 0} frames`;
  }

  /** Unless it is closed, or its process is gone. */
  private otherEnd(link: Link): Link | undefined {
    const other = this.parts.world.engine(hostOf(link.remote.host));
    if (!(link instanceof UdpLink) || other === undefined) return undefined;
    return this.parts.world.watch.linksOf(other).find((end) => end instanceof UdpLink && end.connection.id === link.connection.remoteId);
  }

  private lookForLeaver({ host: left, fromMs, closedMs }: Leaver, report: UpkeepParts['report']): void {
    const { members, scenario } = this.parts;
    if (members.has(left) || !isCalm(scenario, fromMs, closedMs + LEFT_MS, AFTERMATH_MS)) return;
    for (const [host, { linked, hostOf: nameOf }] of members) {
      if (linked.some(({ peer, isUp, wanted }) => nameOf(peer) === left && isUp && wanted > 0)) report('leave-noticed', 'safety', `has peer ${left} for a neighbour ${LEFT_MS} ms after it has left and closed`, host);
    }
  }

  /** Each text begins with the host that it is about. */
  private tell(invariant: string, lasting: readonly string[]): void {
    for (const text of lasting) {
      const [host = '', ...words] = text.split(' ');
      this.parts.report(invariant, 'safety', words.join(' '), Number(host));
    }
  }
}

function idOf(link: Link): string {
  return link instanceof UdpLink ? String(link.connection.id) : link.transport;
}
