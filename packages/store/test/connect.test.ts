import { expect, inject, test } from 'vitest'
import { openStore } from '../src/index.ts'

const url = inject('postgresUrl')

test('a connection that breaks between two queries of a transaction fails that transaction and no more', async () => {
  const store = openStore({ url, applicationName: 'store-connect-test', maxConnections: 2 })
  try {
    const client = await store.pool.connect()
    await client.query('BEGIN')
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
    await store.pool.query('SELECT pg_terminate_backend($1, 5000)', [rows[0]?.pid])
    await expect(client.query('SELECT 1')).rejects.toThrow()
    client.release(true)
    expect((await store.pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
  } finally {
    await store.close()
  }
})
