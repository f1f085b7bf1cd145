import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createDice } from '@pcbs/dev-nation'
import { type AccidentName, accidents } from './accidents.ts'
import { mountSmallDisk, type SmallDisk } from './small-disk.ts'
import { type Accident, Stage } from './stage.ts'

/** How often each accident happens. */
const rounds: Readonly<Record<'short' | 'whole', Readonly<Record<AccidentName, number>>>> = {
  short: { API: 2, adapter: 1, PostgreSQL: 1, line: 1, rival: 1, nobody: 1 },
  whole: { API: 50, adapter: 20, PostgreSQL: 20, line: 20, rival: 10, nobody: 5 },
}
const fullDisks = { short: 1, whole: 5 } as const

/**
 * Changes a telco's tables, syncs them, and lets accidents happen meanwhile. After each round the registry has exactly
 * what the tables hold, both sides hold the same receipts, and in between there was never anything to see but the state
 * before or the state after a feed.
 */
export async function tortureFeeds({
  seed,
  isShort,
}: {
  readonly seed: number
  readonly isShort: boolean
}): Promise<readonly string[]> {
  const length = isShort ? 'short' : 'whole'
  const names = Object.entries(rounds[length]).flatMap(([name, count]) =>
    Array.from({ length: count }, () => name as AccidentName),
  )
  const stage = await Stage.build({ subscriptions: isShort ? 20_000 : 60_000 })
  try {
    const faults = await playRounds(
      stage,
      seed,
      names.map((name) => ({ name, accident: accidents[name] })),
    )
    if (faults.length > 0) return faults
  } finally {
    await stage.strike()
  }
  return tortureWithFullDisk(seed, fullDisks[length])
}

interface Round {
  readonly name: string
  readonly accident: Accident
}

async function playRounds(stage: Stage, seed: number, all: readonly Round[]): Promise<readonly string[]> {
  const faults: string[] = []
  for (const [index, { name, accident }] of all.entries()) {
    const fault = await stage.playDay(createDice(seed, 100, index), accident)
    process.stdout.write(`round ${index + 1} of ${all.length}, ${name}: ${fault ?? 'held'}\n`)
    if (fault) faults.push(`round ${index + 1}, ${name}: ${fault}`)
  }
  return faults
}

const diskMegabytes = 500

/** The same on a disk of which but a few megabytes are left for a while. */
async function tortureWithFullDisk(seed: number, count: number): Promise<readonly string[]> {
  const folder = join(tmpdir(), `pcbs-torture-disk-${process.pid}`)
  const disk = await mountSmallDisk(folder, diskMegabytes)
  if (!disk) {
    process.stdout.write('full disk: not played, since mounting a small disk takes root\n')
    return []
  }
  try {
    const stage = await Stage.build({
      subscriptions: 20_000,
      dataFolder: join(folder, 'postgres'),
      postgresSettings: { max_wal_size: '64MB', min_wal_size: '32MB' },
    })
    try {
      const round = { name: 'disk full', accident: fillDisk(disk) }
      return await playRounds(stage, seed, Array(count).fill(round))
    } finally {
      await stage.strike()
    }
  } finally {
    await disk.remove()
  }
}

/** The disk is nearly full for some seconds; PostgreSQL refuses, or ends and is started again. */
function fillDisk(disk: SmallDisk): Accident {
  return async (stage, dice) => {
    await delay(dice.below(500))
    await disk.fill(1)
    await delay(3000)
    await disk.free()
    await stage.revivePostgres()
  }
}
