export { findFreePort } from './postgres/free-port.ts'
export {
  prepareRegistryDatabase,
  type RegistryDatabase,
  type RolePasswords,
} from './postgres/registry-database.ts'
export { type PostgresOptions, type PostgresServer, startPostgres } from './postgres/server.ts'
