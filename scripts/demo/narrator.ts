/** Says what happens, and checks it: a line is printed as true only after its check held. Colours only on a terminal. */
import { styleText } from 'node:util';

export class CheckFailed extends Error {
  override readonly name = 'CheckFailed';
}

export class Narrator {
  #point = 0;

  /** Heads one of the demo's points. */
  point(title: string): void {
    this.#point += 1;
    print(`\n${style('bold', `${this.#point}. ${title}`)}`);
  }

  say(line: string): void {
    print(`   ${line}`);
  }

  /** @throws {CheckFailed} when what is claimed is not so */
  check(claim: string, holds: boolean): void {
    if (!holds) throw new CheckFailed(`point ${this.#point}: not so: ${claim}`);
    print(`   ${style('green', '✓')} ${claim}`);
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function style(format: 'bold' | 'green', text: string): string {
  return process.stdout.isTTY && !process.env.NO_COLOR ? styleText(format, text) : text;
}
