/** The first delivery of one message at one receiver. */
export interface FirstDelivery {
  /** Overlay hops; the source's own send is hop 1. */
  readonly hop: number;
  /** From publish, in simulated ms. */
  readonly afterMs: number;
}

/** Who got a message and when (METRICS: `reliability` to `meanDeliveryMs`). */
export interface Delivery {
  /** Receivers that delivered / live receivers; `null` without receivers. */
  readonly reliability: number | null;
  /** `null` when nobody delivered. */
  readonly lastDeliveryHop: number | null;
  readonly lastDeliveryMs: number | null;
  readonly meanDeliveryMs: number | null;
}

/**
 * @param deliveries one for each live receiver that delivered, the source left out
 * @param liveReceivers live peers other than the source
 */
export function delivery(deliveries: Iterable<FirstDelivery>, liveReceivers: number): Delivery {
  let delivered = 0;
  let lastDeliveryHop = 0;
  let lastDeliveryMs = 0;
  let sumMs = 0;
  for (const { hop, afterMs } of deliveries) {
    delivered++;
    lastDeliveryHop = Math.max(lastDeliveryHop, hop);
    lastDeliveryMs = Math.max(lastDeliveryMs, afterMs);
    sumMs += afterMs;
  }
  const reliability = liveReceivers > 0 ? delivered / liveReceivers : null;
  if (delivered === 0) return { reliability, lastDeliveryHop: null, lastDeliveryMs: null, meanDeliveryMs: null };
  return { reliability, lastDeliveryHop, lastDeliveryMs, meanDeliveryMs: sumMs / delivered };
}
