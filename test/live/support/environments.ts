import { type Environment, MACHINE } from '../../../lib/node/environment.ts';
import { type DatagramSocket, type DatagramSource, createDatagramSocket } from '../../../lib/transport/udp/socket.ts';
import { UdpTransport } from '../../../lib/transport/udp/udp-transport.ts';

/** This machine, with a network for datagrams that loses those for which `passes` says no, as they are sent. */
export function lossyMachine(passes: (to: DatagramSource) => boolean): Environment {
  return {
    ...MACHINE,
    makeTransport: (kind, parts) => {
      if (kind === 'tcp') return MACHINE.makeTransport(kind, parts);
      return new UdpTransport({ ...parts, createSocket: (options) => losing(createDatagramSocket(options), passes) });
    },
  };
}

function losing(socket: DatagramSocket, passes: (to: DatagramSource) => boolean): DatagramSocket {
  const send: DatagramSocket['send'] = (bytes, port, address, callback) => {
    if (passes({ address, port })) socket.send(bytes, port, address, callback);
    else setImmediate(callback, null);
  };
  return new Proxy(socket, {
    get: (target, name) => {
      if (name === 'send') return send;
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
