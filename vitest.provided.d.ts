import 'vitest'

declare module 'vitest' {
  interface ProvidedContext {
    /** A superuser's connection to the PostgreSQL that this run's tests share. */
    postgresUrl: string
  }
}
