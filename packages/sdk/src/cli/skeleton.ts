import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A working adapter over three customers in memory, for a telco to replace piece by piece. */
const files: Readonly<Record<string, string>> = {
  'adapter.ts': `import { defineAdapter, type ListEntry } from '@pcbs/sdk'

/** Where the block list goes: your EIR's provisioning interface. Here, a map. */
const blocked = new Map<string, ListEntry['status']>()

/** Replace the two cursors with queries on your own systems, each with an ORDER BY. */
export const adapter = defineAdapter(() => ({
  async *subscribers() {
    yield { msisdn: '0123456789', nationalId: '900101-14-5678', isActive: true }
    yield { msisdn: '0123456780', nationalId: 'A1234567', issuingCountry: 'IDN', isActive: true }
  },
  async *pairings() {
    const day = new Date().toISOString().slice(0, 10)
    yield { imei: '490154203237518', imsi: '502121234567890', msisdn: '0123456789', firstSeen: day, lastSeen: day }
    yield { imei: '3520990017614800', imsi: '502121234567891', msisdn: '0123456780', firstSeen: day, lastSeen: day }
  },
  async applyList(updates) {
    for (const update of updates) {
      // A range of models, where your EIR knows such a thing, goes into its own table.
      if (update.type === 'range') continue
      if (update.type === 'replace') blocked.clear()
      for (const { imei, status } of update.type === 'replace' ? update.entries : [update.entry]) {
        if (status === 'PERMITTED') blocked.delete(imei)
        else blocked.set(imei, status)
      }
    }
  },
}))

/** Lets the conformance suite look into your systems. */
export async function readList(): Promise<ReadonlyMap<string, ListEntry['status']>> {
  return blocked
}
`,
  'adapter.test.ts': `import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkAdapter } from '@pcbs/sdk/conformance'
import { adapter, readList } from './adapter.ts'

test('the adapter keeps every promise of the kit', async () => {
  const outcomes = await checkAdapter({ factory: adapter, settings: {}, home: { country: 'MY', mccs: ['502'] }, readList })
  assert.deepEqual(outcomes.filter(({ outcome }) => outcome === 'failed'), [])
})
`,
  'pcbs-adapter.json': `${JSON.stringify(
    {
      telco: 'your-telco-code',
      registryUrl: 'http://localhost:4000',
      issuerUrl: 'http://localhost:4001',
      custodianUrl: 'http://localhost:4002',
      clientId: 'your-client-id',
      keyFile: 'client-key.pem',
      listRoot: 'the public key that the regulator gave you',
      home: { country: 'MY', mccs: ['502'] },
      settings: {},
    },
    null,
    2,
  )}\n`,
  'package.json': `${JSON.stringify(
    {
      name: 'my-adapter',
      private: true,
      type: 'module',
      scripts: { test: 'node --test', check: 'pcbs-adapter check', sync: 'pcbs-adapter sync' },
      dependencies: { '@pcbs/sdk': '0.1.0' },
    },
    null,
    2,
  )}\n`,
  'README.md': `# My adapter

1. \`npx pnpm@12 test\` in this folder runs the conformance suite against the skeleton: it passes as it is.
2. Put your queries into \`adapter.ts\`, one at a time, and run it again.
3. Make a key pair, give its public half to the regulator, and fill in \`pcbs-adapter.json\`:
   \`openssl genpkey -algorithm ed25519 -out client-key.pem && chmod 600 client-key.pem\`
4. \`pcbs-adapter sync --dry-run\` shows what would be sent, identifiers masked.
5. \`pcbs-adapter sync\` keeps the registry up to date; \`pcbs-adapter status\` says how it stands.
`,
}

/**
 * Writes the skeleton; files that exist stay as they are.
 * @returns the paths written
 */
export async function writeSkeleton(folder: string): Promise<readonly string[]> {
  await mkdir(folder, { recursive: true })
  const written: string[] = []
  for (const [name, text] of Object.entries(files)) {
    const path = join(folder, name)
    const isNew = await writeFile(path, text, { flag: 'wx' }).then(
      () => true,
      () => false,
    )
    if (isNew) written.push(path)
  }
  await linkSdk(folder)
  return written
}

/** Run from a checkout, the skeleton uses that checkout's SDK, with nothing to install. */
async function linkSdk(folder: string): Promise<void> {
  const sdk = fileURLToPath(new URL('../..', import.meta.url))
  if (sdk.includes('node_modules')) return
  await mkdir(join(folder, 'node_modules', '@pcbs'), { recursive: true })
  await symlink(sdk, join(folder, 'node_modules', '@pcbs', 'sdk'), 'dir').catch(() => {})
}
