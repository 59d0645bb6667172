import type { ProtocolEvent } from '../../lib/core/effects.ts';
import type { MessageId } from '../../lib/core/ids.ts';
import type { DataMessage, DigestEntry, Message } from '../../lib/core/messages.ts';
import type { Group } from '../../lib/peer/group.ts';
import type { Application } from './application.ts';
import type { Scenario } from './scenario.ts';

/** A message that was published. */
export interface Published {
  readonly payload: Uint8Array;
  readonly origin: number;
  readonly epoch: number;
  readonly seq: number;
}

/** What can be seen of a group in every kind of run; peers are named by their hosts. */
export interface GroupView {
  readonly overlay: { readonly neighbours: readonly number[] };
  readonly log: {
    has(id: MessageId): boolean;
    /** While it is kept. */
    find(id: MessageId): object | undefined;
    lackedBy(digest: readonly DigestEntry[], messagesMax: number): readonly MessageId[];
  };
}

/** What an invariant sees of a run, whether messages cross as objects or the whole stack runs; it changes nothing. */
export interface StackView {
  readonly scenario: Scenario;
  readonly nowMs: number;
  /** Hosts whose peer is up, ascending. */
  readonly up: readonly number[];
  /** The group at a peer that is up. */
  group(host: number): GroupView | undefined;
  /** Counts the peers that ran on a host, from 1. */
  incarnation(host: number): number;
  /** In the order in which they were published. */
  readonly allPublished: readonly Published[];
  /** What was published under that identity; `undefined` for nothing. */
  publishedAs(origin: number, epoch: number, seq: number): Published | undefined;
  /** The application on a peer that is up, where there is one. */
  application(host: number): Application | undefined;
  /** Whether packets can come through from one host to another. */
  reaches(from: number, to: number): boolean;
}

/** A run in which messages cross as objects or bytes: the state of its protocols can be seen, too. */
export interface RunView extends StackView {
  group(host: number): Group | undefined;
  /** Every link that a peer keeps open: whose it is, and to whom. */
  readonly links: readonly (readonly [owner: number, peer: number])[];
}

/** Something that must not be. */
export interface Violation {
  readonly invariant: string;
  readonly atMs: number;
  /** The peer at which it showed; absent where it is nobody's. */
  readonly peer?: number;
  readonly what: string;
}

/** Watches one run. What it does not care for it leaves out. Throws nothing: it reports. */
export interface Checker {
  /** @param attempt from 1; what a link repeats counts on. */
  onTransmission?(from: number, to: number, message: Message, attempt: number): void;
  /** The peer has published something, and what followed at once has happened. */
  onPublish?(peer: number, published: Published): void;
  onDelivery?(peer: number, from: number, message: DataMessage): void;
  onEvent?(peer: number, event: ProtocolEvent): void;
  /** A peer has started, or is gone. */
  onUp?(peer: number): void;
  onDown?(peer: number): void;
  /** Now and then, between two events. */
  onTick?(): void;
  /** All is good, and these messages have just been published. */
  onProbe?(published: readonly Published[]): void;
  /** Called again and again once the last fault has healed, until nothing is reported or the time to make good has passed: what is reported last counts. */
  atEnd?(): void;
}

/** Something that is true of every run, or of every run of some protocols. Of both kinds of run where a `StackView` is enough for it. */
export interface Invariant<View extends StackView = RunView> {
  readonly name: string;
  /** What it claims, in a sentence. */
  readonly claim: string;
  /** `safety`: never untrue. `liveness`: true at the end. */
  readonly kind: 'safety' | 'liveness';
  /** A checker for one run; `undefined` where it claims nothing of such a scenario. */
  watch(run: View, report: (what: string, peer?: number) => void): Checker | undefined;
}
