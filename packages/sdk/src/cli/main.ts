#!/usr/bin/env -S node --max-semi-space-size=8
import { runCommand } from './commands.ts'
import { stopOnSignals } from './stop.ts'

process.exitCode = await runCommand(process.argv.slice(2), stopOnSignals())
