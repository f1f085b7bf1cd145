import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { expect, test } from 'vitest'
import { failureCode } from './failure-code.ts'

test('a failure is named by the innermost code in its chain of causes, or by the innermost name, and by nothing else', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  const refused = await fetch(`http://127.0.0.1:${port}`).catch((error: unknown) => error)
  expect(failureCode(refused)).toBe('ECONNREFUSED')
  expect(failureCode(new Error('of 60123456789', { cause: refused }))).toBe('ECONNREFUSED')
  expect(failureCode(new DOMException('late', 'TimeoutError'))).toBe('TimeoutError')
  expect(failureCode(Object.assign(new Error('x'), { code: '60123456789' }))).toBe('Error')
  const cancelled = Object.assign(new Error('x', { cause: refused }), { code: 'ERR_HTTP2_STREAM_CANCEL' })
  expect(failureCode(cancelled)).toBe('ECONNREFUSED')
  const late = new DOMException('late', 'TimeoutError')
  expect(failureCode(new TypeError('failed', { cause: late }))).toBe('TimeoutError')
  expect(failureCode(Object.assign(new Error('x', { cause: late }), { code: 'EPIPE' }))).toBe('EPIPE')
  expect(failureCode('60123456789')).toBe('unknown')
  expect(failureCode(Object.assign(new Error('x'), { code: '08006' }))).toBe('08006')
  expect(failureCode(Object.assign(new Error('x'), { status: 502 }))).toBe('HTTP 502')
})
