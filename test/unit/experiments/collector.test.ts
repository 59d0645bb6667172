import { describe, expect, test } from 'vitest';
import { groupRef, peerRef } from '../../../lib/core/ids.ts';
import type { DataMessage } from '../../../lib/core/messages.ts';
import { Collector } from '../../../sim/measure/collector.ts';
import { MessageRecord } from '../../../sim/measure/message-record.ts';

const [source, relay, leaf] = [peerRef(0), peerRef(1), peerRef(2)];
const group = groupRef(1);

function data(seq: number, hops = 1): DataMessage {
  return { kind: 'data', group, origin: source, epoch: 1, seq, hops, repair: false, payload: new Uint8Array(0) };
}

describe('the collector', () => {
  test('records the first delivery of a message at each host, and every copy', () => {
    const collector = new Collector(3);
    collector.expect(source, 4, 1000);
    collector.onTransmission(1000, source, relay, data(4), 34, 1);
    collector.onTransmission(1200, source, relay, data(4), 34, 2);
    collector.onArrival(1300, source, relay, data(4));
    collector.onDelivery(1300, relay, source, data(4));
    expect(collector.payloadsInFlight).toBe(0);
    collector.onTransmission(1300, relay, leaf, data(4, 2), 34, 1);
    collector.onArrival(1400, relay, leaf, data(4, 2));
    collector.onDelivery(1400, leaf, relay, data(4, 2));
    collector.onDelivery(1500, leaf, source, data(4, 9));
    collector.onDelivery(1000, source, source, data(4, 0));
    const [record] = collector.records;
    expect(record).toMatchObject({ source: 0, publishedUs: 1000, received: 2, delivered: 2 });
    expect([[...(record?.parents ?? [])], [...(record?.hops ?? [])], [...(record?.deliveredUs ?? [])], [...(record?.sent ?? [])]]).toEqual(
      [[-1, 0, 1], [0, 1, 2], [NaN, 1300, 1400], [2, 1, 0]],
    );
    expect([...(record?.transmissions() ?? [])]).toEqual([[0, 1, 2], [1, 2, 1]]);
    expect([collector.payloadsInFlight, collector.lastPayloadUs]).toEqual([0, 1400]);
  });

  test('keeps apart messages that were not to be measured', () => {
    const collector = new Collector(3);
    collector.expect(source, 4, 0);
    collector.onTransmission(5, source, relay, data(3), 34, 1);
    collector.onDelivery(5, relay, source, data(3));
    expect([collector.records[0]?.delivered, [...(collector.records[0]?.transmissions() ?? [])]]).toEqual([0, []]);
  });

  test('counts traffic once it measures, payloads and control apart', () => {
    const collector = new Collector(3);
    const send = (): void => {
      collector.onTransmission(0, source, relay, data(0), 100, 1);
      collector.onTransmission(0, source, relay, data(0), 100, 2);
      collector.onTransmission(0, relay, source, { kind: 'prune', group }, 7, 3);
    };
    send();
    collector.measuring = true;
    send();
    const { payloadBytes, retransmissions, controlMessages, controlBytes } = collector;
    expect({ payloadBytes, retransmissions, controlMessages, controlBytes }).toEqual({ payloadBytes: 200, retransmissions: 1, controlMessages: 1, controlBytes: 7 });
  });

  test('a payload is under way until it arrives or is given up, while its link repeats it too', () => {
    const collector = new Collector(3);
    const inFlight: number[] = [];
    const note = (): void => { inFlight.push(collector.payloadsInFlight); };
    collector.onTransmission(1, source, relay, data(0), 34, 1);
    note();
    collector.onLoss(1, source, relay, data(0), 'lost', true);
    note();
    collector.onTransmission(200, source, relay, data(0), 34, 2);
    note();
    collector.onTransmission(201, source, leaf, data(0), 34, 1);
    note();
    collector.onArrival(210, source, relay, data(0));
    note();
    collector.onLoss(220, source, leaf, data(0), 'peer-down', false);
    note();
    collector.onTransmission(230, relay, leaf, { kind: 'prune', group }, 7, 1);
    note();
    expect(inFlight).toEqual([1, 1, 1, 2, 1, 0, 0]);
    expect(collector.lastPayloadUs).toBe(220);
  });
});

test('a record tells pairs of hosts apart however many there are', () => {
  const record = new MessageRecord(0, 70_000, 0);
  record.onSent(69_999, 0);
  record.onSent(0, 69_999);
  record.onSent(69_999, 69_998);
  record.onSent(69_999, 69_998);
  expect([...record.transmissions()]).toEqual([[69_999, 0, 1], [0, 69_999, 1], [69_999, 69_998, 2]]);
});
