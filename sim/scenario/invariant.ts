import type { ProtocolEvent } from '../../lib/core/effects.ts';
import type { DataMessage, Message } from '../../lib/core/messages.ts';
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

/** What an invariant sees of a run: everything, and it changes nothing. */
export interface RunView {
  readonly scenario: Scenario;
  readonly nowMs: number;
  /** Hosts whose peer is up, ascending. */
  readonly up: readonly number[];
  /** The group at a peer that is up. */
  group(host: number): Group | undefined;
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
  onTransmission?(from: number, to: number, message: Message): void;
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

/** Something that is true of every run, or of every run of some protocols. */
export interface Invariant {
  readonly name: string;
  /** What it claims, in a sentence. */
  readonly claim: string;
  /** `safety`: never untrue. `liveness`: true at the end. */
  readonly kind: 'safety' | 'liveness';
  /** A checker for one run; `undefined` where it claims nothing of such a scenario. */
  watch(run: RunView, report: (what: string, peer?: number) => void): Checker | undefined;
}
