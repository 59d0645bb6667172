import type { Effects } from '../../core/effects.ts';
import type { GroupRef, PeerRef } from '../../core/ids.ts';
import { NICE_PLACES_MAX } from '../../core/messages/nice.ts';
import { centreOf } from './centre.ts';
import { HEIGHT_MAX, type Layers } from './layers.ts';
import type { Act } from './maintenance.ts';
import type { Speaker } from './speaker.ts';

/**
 * Splits, merges and hands over clusters: changes the place of this peer, and tells those
 * whose place changes with it. Answers whom this peer has to join then, if anybody.
 */
export class Reshaping {
  readonly counters = { splits: 0, merges: 0, transfers: 0 };
  private readonly self: PeerRef;
  private readonly group: GroupRef;
  private readonly layers: Layers;
  private readonly speaker: Speaker;

  constructor(self: PeerRef, group: GroupRef, layers: Layers, speaker: Speaker) {
    this.self = self;
    this.group = group;
    this.layers = layers;
    this.speaker = speaker;
  }

  perform(act: Act, nowMs: number, effects: Effects): PeerRef | undefined {
    switch (act.kind) {
      case 'drop':
        this.layers.led.pop();
        return undefined;
      case 'split': return this.split(act, nowMs, effects);
      case 'dissolve': return this.dissolve(act.into, effects);
      case 'absorb': return this.absorb(act.layer, act.from, effects);
      case 'transfer':
        this.counters.transfers++;
        return this.handOver(act.layer, act.to, true, effects);
    }
  }

  /** Section 3.2: the others get a leader of their own, who joins the layer above. */
  private split({ cluster, go }: Extract<Act, { kind: 'split' }>, nowMs: number, effects: Effects): undefined {
    const { layers, group, speaker } = this;
    const { layer } = cluster;
    const [leader, ...members] = go;
    if (leader === undefined || layers.height >= HEIGHT_MAX) return;
    this.counters.splits++;
    // The highest cluster: its two leaders are a new one.
    if (layers.isRoot && layer === layers.height - 1) layers.raise();
    for (const peer of go) cluster.remove(peer);
    const above = layers.led[layer + 1];
    above?.add(leader, nowMs);
    const parent = above === undefined ? layers.parent : this.self;
    const places = members.map((peer) => ({ layer, peer }));
    effects.send(leader, { kind: 'niceTransfer', group, height: layer + 1, members: places, ...(parent === undefined ? {} : { parent }) });
    speaker.redirect(members, layer, leader, effects);
    speaker.announce(cluster, effects);
    if (above !== undefined) speaker.announce(above, effects);
  }

  /** Section 3.2: the members of this peer's highest cluster, and it itself, go to another leader. */
  dissolve(into: PeerRef, effects: Effects): PeerRef {
    const { layers, speaker } = this;
    this.counters.merges++;
    const cluster = layers.led[layers.height - 1];
    if (cluster !== undefined) speaker.redirect(cluster.members, cluster.layer, into, effects);
    // Who takes this peer in takes it out of the layer above by itself.
    speaker.part(layers.upper?.members.filter((peer) => peer !== into) ?? [], layers.height, effects);
    layers.detach(layers.height - 1);
    return into;
  }

  private absorb(layer: number, from: PeerRef, effects: Effects): undefined {
    effects.send(from, { kind: 'niceMerge', group: this.group, layer });
  }

  /** `to`, a member of the cluster of `layer`, takes the place of this peer from there up; `staying`: which becomes its member. */
  handOver(layer: number, to: PeerRef, staying: boolean, effects: Effects): PeerRef {
    const { layers, group, speaker } = this;
    const { height, parent } = layers;
    const places = layers.placesFrom(layer, NICE_PLACES_MAX).filter(({ peer }) => peer !== to);
    const members = staying ? [{ layer, peer: this.self }, ...places].slice(0, NICE_PLACES_MAX) : places;
    effects.send(to, { kind: 'niceTransfer', group, height, members, ...(parent === undefined ? {} : { parent }) });
    for (const cluster of layers.led.slice(layer)) speaker.redirect(cluster.members, cluster.layer, to, effects);
    speaker.part(layers.upper?.members ?? [], height, effects);
    layers.detach(layer);
    return to;
  }

  /** Section 3.3: a leader that leaves chooses who takes its place; a member says so. */
  leave(effects: Effects): void {
    const { layers, speaker } = this;
    const lowest = layers.led.find(({ members }) => members.length > 0);
    if (lowest === undefined) speaker.part(layers.upper?.members ?? [], layers.height, effects);
    else this.handOver(lowest.layer, centreOf(lowest.members, lowest.distance), false, effects);
    layers.detach(0);
    layers.led[0]?.replace([], 0);
  }
}
