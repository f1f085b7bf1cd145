import { rename, writeFile } from 'node:fs/promises'

/** Writes a file whole or not at all: beside it, synced, then renamed into place. For nobody else to read. */
export async function writeAside(path: string, content: string | Uint8Array): Promise<void> {
  const aside = `${path}.new`
  await writeFile(aside, content, { mode: 0o600, flush: true })
  await rename(aside, path)
}
