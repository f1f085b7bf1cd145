export type { Endpoints } from './nation/endpoints.ts'
export type { NationOptions, NationPorts } from './nation/options.ts'
export { type RunningNation, runNation } from './nation/run.ts'
export { findFreePort, findRegistryPorts } from './postgres/free-port.ts'
export {
  prepareRegistryDatabase,
  type RegistryDatabase,
  type RolePasswords,
} from './postgres/registry-database.ts'
export { type PostgresOptions, type PostgresServer, startPostgres } from './postgres/server.ts'
export { withClient } from './postgres/with-client.ts'
export { type Program, type RunningProgram, runProgram } from './processes/child.ts'
export { createDice, type Dice } from './simulator/dice.ts'
export { simulatedHome, todayInNation } from './simulator/home.ts'
export { lineAt, type NationPlan, type SimulatedLine } from './simulator/nation.ts'
export { prepareTelcoDatabase } from './simulator/telco-database.ts'
export { Desk } from './story/desk.ts'
export { askEquipmentStatus } from './story/edge-check.ts'
export type { PolicyPlan } from './system/administration.ts'
export { appModule } from './system/app-module.ts'
export { type OfficerCredentials, signInAsBrowser, signInOfficer } from './system/officer.ts'
export {
  listedImei,
  type PreparedEdge,
  startPreparedEdge,
  writeListedSnapshot,
  writePreparedConfiguration,
} from './system/prepared-edge.ts'
export {
  clientId,
  type RegistryPlan,
  type RunningRegistry,
  type SecondApi,
  startRegistry,
  type TelcoClient,
  type TelcoPlan,
  telcoClients,
} from './system/registry.ts'
export {
  adapterNodeFlags,
  startEdgeProcess,
  type TelcoSite,
  writeTelcoConfiguration,
} from './system/telco.ts'
