import { readFile } from 'node:fs/promises'

/** Somebody who may ask for openings and approve them. */
export interface Officer {
  readonly id: string
  /** Ed25519, 32 raw bytes in base64url. The private half never leaves the officer. */
  readonly publicKey: string
}

/** Reads the file of officers anew, so that one joins or leaves without a restart; nobody where there is none. */
export async function readOfficers(path: string): Promise<readonly Officer[]> {
  const text = await readFile(path, 'utf8').catch((error: { code?: string }) => {
    if (error.code === 'ENOENT') return '[]'
    throw error
  })
  return JSON.parse(text) as readonly Officer[]
}
