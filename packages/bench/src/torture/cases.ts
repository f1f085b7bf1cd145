import { setTimeout as delay } from 'node:timers/promises'
import { createDice, type Dice } from '@pcbs/dev-nation'
import { CasesStage } from './cases-stage.ts'

/** Something that happens while officers decide; it is over when it returns. */
type Mishap = (stage: CasesStage, dice: Dice) => Promise<void>

const moment = (dice: Dice) => delay(100 + dice.below(1000))

const mishaps = {
  nothing: async () => {},
  'PostgreSQL is killed': async (stage, dice) => {
    await moment(dice)
    await stage.crashPostgres()
  },
  'one API is killed': async (stage, dice) => {
    await moment(dice)
    await stage.restartFirstApi()
  },
} as const satisfies Record<string, Mishap>

const lengths = {
  short: { rounds: 6, pairs: 12, decisions: 200 },
  whole: { rounds: 60, pairs: 40, decisions: 400 },
} as const

/**
 * Officers decide over pairs of cases that share phones, at two APIs at once, while the database or an API is killed and
 * provisional blocks end by themselves. After each round list, cases, histories, log and edge agree, and nothing that was
 * acknowledged is lost.
 */
export async function tortureCases({
  seed,
  isShort,
}: {
  readonly seed: number
  readonly isShort: boolean
}): Promise<readonly string[]> {
  const { rounds, pairs, decisions } = lengths[isShort ? 'short' : 'whole']
  const names = Object.keys(mishaps) as (keyof typeof mishaps)[]
  const stage = await CasesStage.build(pairs)
  const faults: string[] = []
  try {
    for (let round = 0; round < rounds; round++) {
      const name = names[round % names.length] ?? 'nothing'
      const dice = createDice(seed, 300, round)
      stage.isKilling = name !== 'nothing'
      await Promise.all([stage.decide(dice, decisions), mishaps[name](stage, createDice(seed, 301, round))])
      const found = await stage.settle()
      faults.push(...found.map((fault) => `round ${round + 1}, ${name}: ${fault}`))
      process.stdout.write(`round ${round + 1} of ${rounds}, ${name}: ${found[0] ?? 'held'}\n`)
      await stage.refill()
    }
    process.stdout.write(`${stage.events} events were answered\n`)
    return faults
  } finally {
    await stage.strike()
  }
}
