import { createSocket } from 'node:dgram';
import { type AddressInfo, type Socket, connect, createServer } from 'node:net';
import { FrameDecoder, encodeFrameHeader } from '../../lib/wire/framing.ts';

/**
 * The plainest multicast there is: a source that sends each message to each receiver,
 * over one TCP connection or one datagram each, all in one process. What an overlay's
 * rates are held against.
 */
export interface Star {
  /** Sends to all; resolves when there is room for more. */
  publish(payload: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

/** @param onDelivery called for each message at each receiver. */
export async function tcpStar(receivers: number, onDelivery: (data: Uint8Array) => void): Promise<Star> {
  const spokes: Socket[] = [];
  const server = createServer({ noDelay: true }, (socket) => spokes.push(socket)).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  const clients = await Promise.all(Array.from({ length: receivers }, () => new Promise<Socket>((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => resolve(socket));
    const decoder = new FrameDecoder(2 ** 30);
    socket.on('data', (chunk) => decoder.push(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length)).frames.forEach(onDelivery));
  })));
  while (spokes.length < receivers) await new Promise(setImmediate);
  return {
    publish: async (payload) => {
      const frame = Buffer.concat([encodeFrameHeader(payload.length), payload]);
      for (const spoke of spokes) spoke.write(frame);
      if (spokes.some((spoke) => spoke.writableLength > 1024 * 1024)) await new Promise(setImmediate);
    },
    close: async () => {
      for (const client of clients) client.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Datagrams are lost when they come too fast: no more than a few hundred messages are sent before their deliveries were counted. */
export async function udpStar(receivers: number, onDelivery: (data: Uint8Array) => void): Promise<Star> {
  let delivered = 0;
  let published = 0;
  const bind = () => new Promise<ReturnType<typeof createSocket>>((resolve) => {
    const socket = createSocket({ type: 'udp4', recvBufferSize: 4 * 1024 * 1024 });
    socket.bind(0, '127.0.0.1', () => resolve(socket));
  });
  const hub = await bind();
  const clients = await Promise.all(Array.from({ length: receivers }, bind));
  const ports = clients.map((client) => client.address().port);
  for (const client of clients) {
    client.on('message', (data) => {
      delivered++;
      onDelivery(data);
    });
  }
  const WINDOW = 32;
  return {
    publish: async (payload) => {
      published++;
      for (const port of ports) hub.send(payload, port, '127.0.0.1');
      while (published * receivers - delivered > WINDOW * receivers) await new Promise(setImmediate);
    },
    close: async () => {
      await Promise.all([hub, ...clients].map((socket) => new Promise<void>((resolve) => socket.close(() => resolve()))));
    },
  };
}
