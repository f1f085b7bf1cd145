import { access, readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'

const root = new URL('../../../', import.meta.url)
const threats = (await readFile(new URL('THREATS.md', root), 'utf8'))
  .split('\n')
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .filter(([, id = '']) => /^T\d+$/.test(id))
  .map(([, id = '', , , shownBy = '']) => ({
    id,
    evidence: [...shownBy.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name),
  }))

/** Commands that a threat may be shown by, and the file that each is. */
const commands: Readonly<Record<string, string>> = {
  'pnpm drill breach': 'packages/bench/src/drill/breach.ts',
  'pnpm torture cases': 'packages/bench/src/torture/cases.ts',
  'pnpm torture edge': 'packages/bench/src/torture/edge.ts',
  'pnpm torture openings': 'packages/bench/src/torture/openings.ts',
  'pnpm torture feeds': 'packages/bench/src/torture/feeds.ts',
}

describe('every threat', () => {
  test('is listed once', () => {
    expect(threats.length).toBeGreaterThan(15)
    expect(new Set(threats.map(({ id }) => id)).size).toBe(threats.length)
  })

  test.each(threats)('$id is shown by a test that is there', async ({ evidence }) => {
    expect(evidence.length).toBeGreaterThan(0)
    for (const name of evidence) {
      const [file = '', title = ''] = (commands[name] ?? name).split(' › ')
      await access(new URL(file, root))
      if (commands[name] === undefined) {
        expect(title, `${name} names no test`).not.toBe('')
        expect(await readFile(new URL(file, root), 'utf8')).toContain(title)
      }
    }
  })
})
