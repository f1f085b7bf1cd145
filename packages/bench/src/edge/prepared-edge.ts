import { generateKeyPairSync } from 'node:crypto'
import { mkdir, open, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { appModule, findFreePort, type RunningProgram, runProgram } from '@pcbs/dev-nation'
import { emptyHead, encodeSnapshot, rawPublicKey, type SnapshotPhone } from '@pcbs/seal'

/** An edge that answers from a list it found on its disk, with no registry anywhere. */
export async function startPreparedEdge(
  folder: string,
  entries: number,
  { s13Port }: { readonly s13Port?: number } = {},
): Promise<{ edge: RunningProgram; port: number; startedInMs: number }> {
  const port = await findFreePort()
  const { privateKey } = generateKeyPairSync('ed25519')
  await mkdir(join(folder, 'state'), { recursive: true })
  await writeFile(join(folder, 'key.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }), {
    mode: 0o600,
  })
  const away = 'http://127.0.0.1:9'
  const configuration = {
    telco: 'telco-a',
    registryUrl: away,
    issuerUrl: away,
    custodianUrl: away,
    clientId: 'telco-a-edge',
    keyFile: 'key.pem',
    listRoot: rawPublicKey(privateKey),
    settings: {
      port: String(port),
      workers: '1',
      ...(s13Port !== undefined && {
        s13Port: String(s13Port),
        s13OriginHost: 'eir.telco-a.test',
        s13OriginRealm: 'telco-a.test',
      }),
    },
  }
  await writeFile(join(folder, 'edge.json'), JSON.stringify(configuration))
  const file = await open(join(folder, 'state', `list-${entries}.snapshot`), 'w')
  for (const chunk of encodeSnapshot(
    { seq: entries, head: emptyHead.toString('hex') },
    { phones: { count: entries, list: listOf(entries) }, ranges: [], exceptions: [] },
  ))
    await file.write(chunk)
  await file.close()
  const startedMs = performance.now()
  const edge = await runProgram({
    name: 'edge',
    module: appModule('edge'),
    arguments: [join(folder, 'edge.json')],
    logFile: join(folder, 'edge.log'),
    environment: {},
  })
  return { edge, port, startedInMs: performance.now() - startedMs }
}

/** The nth IMEI of the benches' lists: TACs and serial numbers spread as in a real list. */
export function listedImei(index: number): string {
  return String(35_000_000_000_000 + index * 1_009).padStart(14, '0')
}

function* listOf(count: number): IterableIterator<SnapshotPhone> {
  for (let index = 0; index < count; index++) yield { imei: Number(listedImei(index)), status: 'PROHIBITED' }
}
