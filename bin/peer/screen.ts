import { clearScreenDown, cursorTo, moveCursor } from 'node:readline';
import type { Interface } from 'node:readline';
import { wantsColor } from '../output.ts';
import { type PeerEvent, renderJson, renderText } from './events.ts';
import { escapeControls } from './escape.ts';

export interface ScreenOptions {
  readonly json: boolean;
  /** No notes on standard error; errors are written all the same. */
  readonly quiet: boolean;
}

/** Writes what happens, above the line that is being typed where there is one. */
export class Screen {
  private readonly json: boolean;
  private readonly quiet: boolean;
  private readonly color: boolean;
  private prompt: Interface | undefined = undefined;

  constructor({ json, quiet }: ScreenOptions) {
    this.json = json;
    this.quiet = quiet;
    this.color = wantsColor(process.env, process.stdout.isTTY);
  }

  /** Resolves when standard output can take more. */
  async tell(event: PeerEvent): Promise<void> {
    if (this.json) return this.write(process.stdout, renderJson(event));
    const rendered = renderText(event, this.color);
    if (rendered?.to === 'output') return this.write(process.stdout, rendered.text);
    if (rendered?.to === 'note') this.note(rendered.text);
    else if (rendered !== undefined) void this.write(process.stderr, `stats ${escapeControls(rendered.text)}`);
  }

  /** What is good to know, a line or several. */
  note(text: string): void {
    if (!this.quiet) this.error(text);
  }

  /** What must be said. */
  error(text: string): void {
    void this.write(process.stderr, text.split('\n').map((line) => `overlay-peer: ${escapeControls(line)}`).join('\n'));
  }

  /** What was asked for at the terminal. */
  answer(lines: readonly string[]): void {
    void this.write(process.stderr, lines.map(escapeControls).join('\n'));
  }

  /** From now on a line is being typed; `undefined`: no longer. */
  setPrompt(prompt: Interface | undefined): void {
    this.prompt = prompt;
  }

  private async write(stream: NodeJS.WriteStream, lines: string): Promise<void> {
    if (stream.destroyed || !stream.writable) return;
    const { prompt } = this;
    if (prompt !== undefined) this.clearPrompt(prompt);
    const hasRoom = stream.write(`${lines}\n`);
    prompt?.prompt(true);
    if (!hasRoom) await drained(stream);
  }

  /** What is being typed may take several lines. */
  private clearPrompt(prompt: Interface): void {
    moveCursor(process.stdout, 0, -prompt.getCursorPos().rows);
    cursorTo(process.stdout, 0);
    clearScreenDown(process.stdout);
  }
}

/** Also when it fails: nothing is waited for then. */
function drained(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      stream.off('drain', done).off('error', done).off('close', done);
      resolve();
    };
    stream.on('drain', done).on('error', done).on('close', done);
  });
}
