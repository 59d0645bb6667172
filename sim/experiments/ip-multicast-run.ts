import { Random } from '../../lib/core/random.ts';
import { DATA_HEADER_BYTES } from '../../lib/wire/data-header.ts';
import { MessageRecord } from '../measure/message-record.ts';
import { TraceHash } from '../world/trace-hash.ts';
import type { Field } from './field.ts';
import type { RunOptions, RunResult } from './run.ts';

/**
 * IP multicast, the bound that overlays are measured against: the source sends one
 * packet, and routers copy it where the shortest-path tree of the underlay branches.
 * Nothing is sent again: a receiver whose packet is lost never gets the message. Each
 * receiver loses it on its own (the loss of the run and of the links of its route),
 * which leaves out that receivers behind one lossy link lose it together.
 */
export function ipMulticastRun(field: Field, options: RunOptions): RunResult {
  const random = new Random(options.seed).fork('ip-multicast');
  const hash = new TraceHash(options.seed);
  const records: MessageRecord[] = [];
  let nowUs = 0;
  let events = 0;
  for (let seq = 0; seq < options.messages; seq++) {
    for (const source of options.sources) {
      const record = new MessageRecord(source, field.hostIds.length, nowUs);
      multicast(field, options, record, random, hash);
      events += record.delivered;
      records.push(record);
      nowUs += 1_000_000;
    }
  }
  // Charged the same header as a data message of the overlays.
  const payloadBytes = records.reduce((sum, { delivered }) => sum + delivered, 0) * (DATA_HEADER_BYTES + options.payloadBytes);
  const measuredMs = nowUs / 1000;
  const traffic = { controlMessages: 0, controlBytes: 0, payloadBytes, retransmissions: 0, queueDrops: 0, measuredMs };
  return { records, ...traffic, events, settled: true, traceHash: hash.hex, overlay: undefined };
}

function multicast(field: Field, options: RunOptions, record: MessageRecord, random: Random, hash: TraceHash): void {
  const { paths } = field;
  const { source } = record;
  record.sent[source] = 1;
  for (let host = 0; host < field.hostIds.length; host++) {
    if (host === source) continue;
    const lost = random.chance(options.loss) || random.chance(paths.loss(source, host));
    const delayUs = paths.delayUs(source, host);
    const jitterUs = paths.jitterUs(source, host, random) + Math.round(options.jitter * random.float() * delayUs);
    if (lost) continue;
    const timeUs = record.publishedUs + delayUs + jitterUs;
    record.received++;
    record.onDelivered(host, source, 1, timeUs);
    hash.add(timeUs, host, source);
  }
}
