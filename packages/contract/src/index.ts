import type { components, operations, paths } from '../generated/api.ts'

export type { operations, paths }

/** The contract's named schemas, such as `Schemas['Case']`. */
export type Schemas = components['schemas']

/** Where the contract's own file lies. */
export const contractFile: URL = new URL('../openapi.yaml', import.meta.url)
