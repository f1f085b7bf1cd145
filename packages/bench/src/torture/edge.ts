import { setTimeout as delay } from 'node:timers/promises'
import { createDice, type Dice } from '@pcbs/dev-nation'
import { EdgeStage } from './edge-stage.ts'

/** Something that happens to an edge or its registry while changes go on; it is over when it returns. */
type Mishap = (stage: EdgeStage, dice: Dice) => Promise<void>

const moment = (dice: Dice) => delay(200 + dice.below(1500))

const mishaps = {
  nothing: async () => {},
  'the edge is killed': async (stage, dice) => {
    await moment(dice)
    await stage.killEdge()
    await stage.startEdge()
  },
  'the registry is killed': async (stage, dice) => {
    await moment(dice)
    await stage.restartApi()
  },
  'both are killed': async (stage, dice) => {
    await moment(dice)
    await Promise.all([stage.killEdge(), stage.registry.programs.api.kill()])
    const edge = stage.startEdge()
    await delay(dice.below(1000))
    await stage.registry.startApi()
    await edge
  },
  'the stream is cut': async (stage, dice) => {
    for (let times = 0; times < 5; times++) {
      await delay(dice.below(400))
      stage.line.cut()
    }
  },
  'the line is dead for a while': async (stage, dice) => {
    stage.line.setDead(true)
    await delay(1000 + dice.below(2000))
    stage.line.setDead(false)
  },
  'the newest snapshot is damaged': async (stage, dice) => {
    await moment(dice)
    await stage.killEdge()
    await stage.damageSnapshots(dice, 'newest')
    await stage.startEdge()
  },
  'every snapshot is damaged while the registry is away': async (stage, dice) => {
    await moment(dice)
    await Promise.all([stage.killEdge(), stage.registry.programs.api.kill()])
    await stage.damageSnapshots(dice, 'all')
    const edge = stage.startEdge()
    await delay(1500)
    await stage.registry.startApi()
    await edge
  },
  'the clock jumps': async (stage, dice) => {
    const offset = (1 + dice.below(48)) * 3600
    await stage.setClock(dice.below(2) === 0 ? offset : -offset)
    await moment(dice)
    await stage.setClock(0)
  },
  'the disk is full': async (stage, dice) => {
    if (!stage.disk) return
    await moment(dice)
    await stage.disk.fill(0)
    await delay(2500)
    await stage.disk.free()
  },
} as const satisfies Record<string, Mishap>

/** How often each happens. */
const rounds = { short: 1, whole: 12 } as const
const phones = { short: 20, whole: 60 } as const
const changesPerRound = 12

/**
 * Moves phones on the list and off it, asks the edge about them all the time, and lets mishaps happen. An answer is wrong
 * if no list from the acknowledged sequence on says it; after each round the edge has the newest list, and in the end the
 * registry has every refusal that no crash excuses.
 */
export async function tortureEdge({
  seed,
  isShort,
}: {
  readonly seed: number
  readonly isShort: boolean
}): Promise<readonly string[]> {
  const length = isShort ? 'short' : 'whole'
  const dice = createDice(seed, 200, 0)
  const order = Object.entries(mishaps)
    .flatMap((mishap) => Array.from({ length: rounds[length] }, () => mishap))
    .map((mishap) => ({ mishap, at: dice.below(1_000_000) }))
    .toSorted((one, other) => one.at - other.at)
  const stage = await EdgeStage.build(phones[length])
  const faults: string[] = []
  const watching = new AbortController()
  try {
    await stage.change(dice, changesPerRound)
    const watch = stage.witness.watch(createDice(seed, 201, 0), watching.signal)
    for (const [index, { mishap }] of order.entries()) {
      const [name, happen] = mishap
      await Promise.all([stage.change(dice, changesPerRound), happen(stage, createDice(seed, 202, index))])
      const found = await stage.settle()
      faults.push(...found.map((fault) => `round ${index + 1}, ${name}: ${fault}`))
      process.stdout.write(`round ${index + 1} of ${order.length}, ${name}: ${found[0] ?? 'held'}\n`)
    }
    watching.abort()
    await watch
    const lost = await stage.findLostHits()
    if (lost) faults.push(lost)
    const { answers, hits } = stage.witness
    process.stdout.write(`${answers} answers, ${hits.length} refusals${lost ? '' : ', none lost'}\n`)
    if (!stage.disk) process.stdout.write('full disk: not played, since mounting a small disk takes root\n')
    return faults
  } finally {
    watching.abort()
    await stage.strike()
  }
}
