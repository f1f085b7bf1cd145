import { migrate } from '@pcbs/store'
import { type Client, escapeIdentifier, escapeLiteral } from 'pg'
import { withClient } from './with-client.ts'

/** The passwords of the registry's database roles. */
export interface RolePasswords {
  readonly owner: string
  readonly api: string
  readonly ingest: string
  readonly audit: string
}

/** Connections to one registry database, a role each. */
export interface RegistryDatabase {
  readonly ownerUrl: string
  readonly apiUrl: string
  readonly ingestUrl: string
  readonly auditUrl: string
}

const roles = { owner: 'pcbs_owner', api: 'pcbs_api', ingest: 'pcbs_ingest', audit: 'pcbs_audit' } as const

/** Makes or updates a registry database: owner role, database, migrations, passwords of the other roles. */
export async function prepareRegistryDatabase(
  superuserUrl: string,
  name: string,
  passwords: RolePasswords,
): Promise<RegistryDatabase> {
  const as = (role: keyof typeof roles) => {
    const url = new URL(superuserUrl)
    url.username = roles[role]
    url.password = passwords[role]
    url.pathname = `/${name}`
    return url.href
  }
  await withClient(superuserUrl, async (client) => {
    // Two test files may get here at once; roles belong to the whole server.
    await client.query('SELECT pg_advisory_lock(1346585172)')
    if (!(await exists(client, 'SELECT FROM pg_roles WHERE rolname = $1', roles.owner))) {
      await client.query(`CREATE ROLE ${roles.owner} LOGIN CREATEROLE`)
    }
    await client.query(`ALTER ROLE ${roles.owner} PASSWORD ${escapeLiteral(passwords.owner)}`)
    if (!(await exists(client, 'SELECT FROM pg_database WHERE datname = $1', name))) {
      await client.query(`CREATE DATABASE ${escapeIdentifier(name)} OWNER ${roles.owner}`)
    }
    await migrate(as('owner'))
    for (const role of ['api', 'ingest', 'audit'] as const) {
      await client.query(`ALTER ROLE ${roles[role]} PASSWORD ${escapeLiteral(passwords[role])}`)
    }
  })
  return { ownerUrl: as('owner'), apiUrl: as('api'), ingestUrl: as('ingest'), auditUrl: as('audit') }
}

async function exists(client: Client, query: string, name: string): Promise<boolean> {
  const { rowCount } = await client.query(query, [name])
  return rowCount !== 0
}
