import { styleText } from 'node:util'

const { stdout } = process

/** Text in a colour where the terminal has any. */
export function paint(colour: 'green' | 'red' | 'cyan' | 'dim' | 'bold', text: string): string {
  return styleText(colour, text, { stream: stdout })
}

/** Writes a line. */
export function say(text: string): void {
  stdout.write(`${text}\n`)
}

/** Shows what is being done: on a terminal one line that redraws itself, elsewhere a line per step. */
export function createStepLine(): { show(step: string): void; clear(): void } {
  const startedMs = performance.now()
  const clear = () => {
    if (stdout.isTTY) stdout.write('\r\u001b[2K')
  }
  return {
    clear,
    show(step) {
      const seconds = ((performance.now() - startedMs) / 1000).toFixed(1)
      clear()
      stdout.write(stdout.isTTY ? `${paint('dim', `${seconds} s`)}  ${step} …` : `${seconds} s  ${step}\n`)
    },
  }
}
