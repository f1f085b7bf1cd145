import { createCipheriv, randomBytes } from 'node:crypto'
import { simulatedHome } from '@pcbs/dev-nation'
import { RowEncoder, type TelcoKey } from '@pcbs/sdk'
import { beginSealing, contentLength, makeSealingKey } from '@pcbs/seal'
import { rounded } from '../statistics.ts'

/** Rows under one encapsulation, as the adapter kit has them. */
const batchRows = 4000

/**
 * What it costs a telco to have names and addresses sealed, on one core, parsing and tokens included; against AES-256-GCM
 * of as many contents and nothing else.
 */
export async function benchSeal({ records = 100_000, custodians = 2 }): Promise<object> {
  const rows = Array.from({ length: batchRows }, (_, index) => ({
    msisdn: `6012${String(index).padStart(7, '0')}`,
    nationalId: `900101-14-${String(index).padStart(4, '0')}`,
    name: `Invented Person ${index}`,
    address: `${index} Jalan Tiada, 50000 Kuala Lumpur`,
    isActive: true,
  }))
  const sealers = Array.from({ length: custodians }, (_, place) => ({
    name: `custodian-${place}`,
    epoch: 1,
    publicKey: makeSealingKey().publicKey,
  }))
  const key: TelcoKey = { epoch: 1, key: randomBytes(32) }
  const sealing = { telco: 'telco-a', fields: ['name', 'address'] as const, custodians: sealers }
  const batches = Math.ceil(records / batchRows)
  // Both in turn, so that a slower moment of the machine meets both.
  let [sealMs, plainMs, bareMs] = [0, 0, 0]
  for (let batch = 0; batch < batches; batch++) {
    sealMs += await timed(async () => {
      encodeAll(new RowEncoder(simulatedHome, key, { ...sealing, batch: await beginSealing(sealers) }), rows)
    })
    plainMs += await timed(async () => encodeAll(new RowEncoder(simulatedHome, key), rows))
    bareMs += await timed(async () => encryptAll(rows.length))
  }
  const sealed = batches * batchRows
  return {
    records: sealed,
    custodians,
    recordsPerSecond: Math.round(sealed / (sealMs / 1000)),
    withoutSealingPerSecond: Math.round(sealed / (plainMs / 1000)),
    bareAesPerSecond: Math.round(sealed / (bareMs / 1000)),
    ratio: rounded(bareMs / sealMs, 3),
  }
}

function encodeAll(encoder: RowEncoder, rows: Parameters<RowEncoder['subscribers']>[0][]): void {
  for (const row of rows)
    if (encoder.subscribers(row).fault) throw new Error('a row of the bench is malformed')
}

function encryptAll(count: number): void {
  const key = randomBytes(32)
  const content = randomBytes(contentLength)
  for (let record = 0; record < count; record++) {
    const cipher = createCipheriv('aes-256-gcm', key, randomBytes(12))
    cipher.update(content)
    cipher.final()
    cipher.getAuthTag()
  }
}

async function timed(work: () => Promise<void>): Promise<number> {
  const startedMs = performance.now()
  await work()
  return performance.now() - startedMs
}
