#!/usr/bin/env node
import { createInterface } from 'node:readline/promises'
import { runCommand } from './commands.ts'

/** One line at a time from a person or a pipe; what is typed is not kept. */
const lines = createInterface({ input: process.stdin, terminal: false })
const typed = lines[Symbol.asyncIterator]()

process.exitCode = await runCommand(process.argv.slice(2), {
  environment: process.env,
  print: (line) => process.stdout.write(`${line}\n`),
  complain: (line) => process.stderr.write(`${line}\n`),
  async ask(question) {
    process.stderr.write(question)
    return String((await typed.next()).value ?? '')
  },
})
lines.close()
