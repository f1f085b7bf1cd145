/** A source of chance that gives the same throws for the same name, whoever asks and in whatever order. */
export interface Dice {
  /** A whole number from 0 to one less than `sides`. */
  below(sides: number): number
  /** True in this share of all throws. */
  chance(share: number): boolean
  /** One of these. */
  pick<Item>(items: readonly Item[]): Item
}

/** Dice for one thing of one nation: thing number `index` of what `stream` names. */
export function createDice(seed: number, stream: number, index: number): Dice {
  let state = mix(mix(seed ^ Math.imul(stream, 0x9e3779b1)) ^ Math.imul(index, 0x85ebca6b))
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    return mix(state) / 0x100000000
  }
  const below = (sides: number) => Math.floor(next() * sides)
  return {
    below,
    chance: (share) => next() < share,
    pick(items) {
      const item = items[below(items.length)]
      if (item === undefined) throw new RangeError('there is nothing to pick from')
      return item
    },
  }
}

/** Spreads 32 bits evenly over 32 bits. */
function mix(value: number): number {
  let bits = value | 0
  bits = Math.imul(bits ^ (bits >>> 16), 0x21f0aaad)
  bits = Math.imul(bits ^ (bits >>> 15), 0x735a2d97)
  return (bits ^ (bits >>> 15)) >>> 0
}
