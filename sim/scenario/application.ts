/** What an application can do where it runs. */
export interface Host {
  /** The peer, by its host. */
  readonly peer: number;
  /** The time that the peer sees, in ms. */
  nowMs(): number;
  /** Publishes in the group; answers whether that was possible: not without a neighbour. */
  publish(payload: Uint8Array): boolean;
  /** Calls back after so many ms, unless the peer is gone by then. */
  after(ms: number, action: () => void): void;
  /** A number from 0 to less than 1, drawn from the scenario's seed. */
  random(): number;
  /** Writes to the disk of the host, in place of what was there: it survives a crash, unless that takes the disk, too. */
  save(bytes: Uint8Array): void;
  /** What an application on this host has saved last; `undefined` for nothing. */
  saved(): Uint8Array | undefined;
}

/** A message as the application gets it. */
export interface AppMessage {
  /** The peer that published it. */
  readonly from: number;
  readonly payload: Uint8Array;
  /** Of this peer's own publishing. */
  readonly isOwn: boolean;
}

/**
 * The part of an application that runs on one peer: made anew with each start of the
 * peer, since a crash forgets everything but what was saved. It acts when it is told something, and must
 * not look at a clock or a generator of its own.
 */
export interface Application {
  onMessage(message: AppMessage): void;
  /** A command of the scenario. */
  onCommand?(command: unknown): void;
}

/** Starts the application on a peer. */
export type StartApplication<A extends Application = Application> = (host: Host) => A;
