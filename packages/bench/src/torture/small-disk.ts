import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, open, rm, statfs } from 'node:fs/promises'
import { join } from 'node:path'

/** A disk small enough to be filled. */
export interface SmallDisk {
  /** Leaves so many megabytes free. */
  fill(leaveMegabytes: number): Promise<void>
  /** Frees what {@link fill} took. */
  free(): Promise<void>
  remove(): Promise<void>
}

/** Mounts a disk of this size in memory, or gives `undefined` where we may not. */
export async function mountSmallDisk(folder: string, megabytes: number): Promise<SmallDisk | undefined> {
  await mkdir(folder, { recursive: true })
  const options = `size=${megabytes}m,mode=0755`
  if (!(await succeeds('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder]))) {
    await rm(folder, { recursive: true })
    return undefined
  }
  const ballast = join(folder, 'ballast')
  return {
    async fill(leaveMegabytes) {
      const { bavail, bsize } = await statfs(folder)
      const file = await open(ballast, 'w')
      const megabyte = Buffer.alloc(1024 * 1024)
      const count = Math.floor((bavail * bsize) / megabyte.length) - leaveMegabytes
      for (let written = 0; written < count; written++) await file.write(megabyte)
      await file.close()
    },
    free: () => rm(ballast, { force: true }),
    async remove() {
      // Detached at once, gone when the last process that still ends has let go of it.
      await succeeds('umount', ['--lazy', folder])
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function succeeds(command: string, args: readonly string[]): Promise<boolean> {
  const child = spawn(command, args, { stdio: 'ignore' })
  const code = await Promise.race([
    once(child, 'exit').then(([status]) => status as number | null),
    once(child, 'error').then(() => 1),
  ])
  return code === 0
}
