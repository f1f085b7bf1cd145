import { randomUUID } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { SettingsReader } from '../config/settings-reader.ts'

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** This NF's id: what it was told, or what it made at its first start and kept. */
export async function readInstanceId(settings: SettingsReader, stateFolder: string): Promise<string> {
  if (settings.optional('nfInstanceId') !== undefined)
    return settings.text('nfInstanceId', '', { form: uuid, words: 'is a UUID in lower case' })
  const path = join(stateFolder, 'nf-instance-id')
  const known = (await readFile(path, 'utf8').catch(() => '')).trim()
  if (uuid.test(known)) return known
  const made = randomUUID()
  await mkdir(stateFolder, { recursive: true, mode: 0o700 })
  await writeFile(path, `${made}\n`, { mode: 0o600, flush: true })
  return made
}
