#!/usr/bin/env -S node --max-semi-space-size=8
import { runCommand } from './commands.ts'

const stopping = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort())
process.exitCode = await runCommand(process.argv.slice(2), stopping.signal)
