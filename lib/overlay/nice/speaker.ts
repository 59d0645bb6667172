import type { Effects } from '../../core/effects.ts';
import type { GroupRef, PeerRef } from '../../core/ids.ts';
import type { Message, NiceCluster } from '../../core/messages.ts';
import type { Cluster } from './cluster.ts';
import type { Layers } from './layers.ts';

/** What a peer of the hierarchy says to others, made from its place. */
export class Speaker {
  private readonly group: GroupRef;
  private readonly layers: Layers;

  constructor(group: GroupRef, layers: Layers) {
    this.group = group;
    this.layers = layers;
  }

  /** Tells all members of a cluster that this peer leads who is in it. */
  announce(cluster: Cluster, effects: Effects): void {
    const message = this.clusterMessage(cluster);
    for (const peer of cluster.members) effects.send(peer, message);
  }

  /** Tells one of them. */
  welcome(peer: PeerRef, cluster: Cluster, effects: Effects): void {
    effects.send(peer, this.clusterMessage(cluster));
  }

  /** The heartbeat in every cluster. Links repeat it: where half of all packets are lost, five in a row soon would be. */
  beat(effects: Effects): void {
    for (const cluster of this.layers.led) {
      if (cluster.members.length === 0) continue;
      const message = this.clusterMessage(cluster);
      for (const peer of cluster.members) effects.send(peer, message);
    }
    this.beatUpper(effects);
  }

  /** The heartbeat of an ordinary member: the distances from this peer to everybody in its highest cluster. */
  beatUpper(effects: Effects): void {
    const { upper, parent } = this.layers;
    if (upper === undefined) return;
    const { group } = this;
    const beat = { kind: 'niceHeartbeat', group, layer: upper.layer, toLeader: false, distances: upper.distances() } as const;
    for (const peer of upper.members) effects.send(peer, peer === parent ? { ...beat, toLeader: true } : beat);
  }

  /** Answers a question, or refuses to let somebody in. */
  reply(peer: PeerRef, layer: number, members: readonly PeerRef[], effects: Effects): void {
    const { group } = this;
    const { height, root } = this.layers;
    effects.send(peer, { kind: 'niceReply', group, layer, height, root, members: members.slice() });
  }

  /** There is no cluster of `layer` that we are both in. */
  part(peers: readonly PeerRef[], layer: number, effects: Effects): void {
    for (const peer of peers) effects.send(peer, { kind: 'niceLeave', group: this.group, layer });
  }

  /** Sends the members of `layer` to another leader. */
  redirect(peers: readonly PeerRef[], layer: number, leader: PeerRef, effects: Effects): void {
    for (const peer of peers) if (peer !== leader) effects.send(peer, { kind: 'niceLeader', group: this.group, layer, leader });
  }

  private clusterMessage(cluster: Cluster): Message {
    const { group, layers } = this;
    const { layer } = cluster;
    const message: NiceCluster = { kind: 'niceCluster', group, layer, root: layers.root, members: cluster.distances(), supers: layers.supersOf(layer) };
    return message;
  }
}
