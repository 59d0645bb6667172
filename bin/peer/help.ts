import { wrap } from '../../sim/report/layout.ts';
import { optionLines, usageLines } from '../options.ts';
import { CHAT_OPTIONS, PING_OPTIONS, type Topic, WATCH_OPTIONS } from './arguments.ts';
import { commandLines } from './commands.ts';
import { LINE_BYTES_MAX } from './line-reader.ts';

/** The help of a command, each line at most `width` characters where the words allow. */
export function helpText(topic: Topic, width: number): string {
  const lines = { chat: chatHelp, ping: pingHelp, watch: watchHelp }[topic](width);
  return `${lines.join('\n')}\n`;
}

function exitStatus(unreached: string, width: number): string[] {
  return wrap('', `Exit status: 0 done, 1 ${unreached}, 2 unusable arguments, 70 a bug in overlay-peer, 130 ended by a second Ctrl-C.`, width);
}

function chatHelp(width: number): string[] {
  return [
    ...wrap('', 'overlay-peer joins groups of peers: each line of standard input is multicast to all members, and what they send is printed as [group] name: text. There is no server.', width),
    '',
    ...usageLines([
      ['overlay-peer [options]', 'take part'],
      ['overlay-peer ping ADDR [options]', 'measure round trips to a peer'],
      ['overlay-peer watch ADDR [options]', 'show a group\'s neighbours each second'],
    ], width),
    '',
    'Options:',
    ...optionLines(CHAT_OPTIONS, width),
    '',
    ...inputHelp(width),
    '',
    'Examples:',
    '  overlay-peer --listen udp://127.0.0.1:7000 --group news --name ada',
    '  overlay-peer --join udp://127.0.0.1:7000 --group news --name bob',
    '  echo done | overlay-peer --join udp://127.0.0.1:7000 --group news --quiet',
    '  overlay-peer --join udp://127.0.0.1:7000 --group news --json < /dev/null | jq .text',
    '  overlay-peer watch udp://127.0.0.1:7000 --group news',
    '',
    ...wrap('', 'Nothing is encrypted, and nobody is authenticated: whoever can reach a peer can join its groups, read and publish, under any name.', width),
    ...exitStatus('lines were not published, as when nobody could be reached', width),
  ];
}

function inputHelp(width: number): string[] {
  return [
    ...wrap('', `Input: a line has at most ${LINE_BYTES_MAX} bytes. With several groups, "/GROUP text" goes to that group and "//text" sends a line that begins with a slash. Lines wait until there is a neighbour.`, width),
    ...wrap('', 'At the end of the input it delivers what was published, leaves and ends. A device that gives nothing, as with "< /dev/null", is no input: it then receives until a signal ends it, or for the time that --linger gives.', width),
    '',
    'Commands at a terminal:',
    ...commandLines().map((line) => `  ${line}`),
    '',
    ...wrap('', 'Events of --json, the field "event" of each object: listening, ready, message, neighbourUp, neighbourDown, lost, lagged, dropped, retrying, stats.', width),
  ];
}

function pingHelp(width: number): string[] {
  return [
    ...wrap('', 'Opens a link to a peer, without joining a group, and prints its transport, its id and the round-trip times of probes, one a second; an answer that takes more than half a second counts as none.', width),
    '',
    ...usageLines([['overlay-peer ping ADDR [options]', '']], width),
    '',
    'Options:',
    ...optionLines(PING_OPTIONS, width),
    '',
    'Example:',
    '  overlay-peer ping tcp://127.0.0.1:7000 --count 10',
    '',
    ...exitStatus('nobody could be reached', width),
  ];
}

function watchHelp(width: number): string[] {
  return [
    ...wrap('', 'Joins a group as a member that publishes nothing, and shows each second its neighbours: transport, round-trip time, part in the tree with the reason and since when, health, and copies received a second. It takes a place in the overlay and forwards messages like any member.', width),
    '',
    ...usageLines([['overlay-peer watch ADDR [options]', '']], width),
    '',
    'Options:',
    ...optionLines(WATCH_OPTIONS, width),
    '',
    'Example:',
    '  overlay-peer watch udp://127.0.0.1:7000 --group news',
    '',
    ...exitStatus('nobody could be reached', width),
  ];
}
