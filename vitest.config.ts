import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['{packages,apps}/*/{src,test}/**/*.test.ts'],
    globalSetup: './packages/dev-nation/test/global-setup.ts',
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
})
