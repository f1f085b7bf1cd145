import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { defaultTimeZone } from './configuration.ts'
import { requireNotWithdrawn } from './policy-floor.ts'

const policy = {
  home: { country: 'MY', mccs: ['502'] },
  timeZone: defaultTimeZone,
  sealing: undefined,
} as const

test('a policy is followed to the next one, and back to none before', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pcbs-policy-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const shown = (version: number) => requireNotWithdrawn({ ...policy, version }, folder)
  for (const version of [2, 2, 3]) expect(await shown(version)).toMatchObject({ version })
  await expect(shown(2)).rejects.toMatchObject({ code: 'policy-invalid' })
  expect(await shown(3)).toMatchObject({ version: 3 })
})
