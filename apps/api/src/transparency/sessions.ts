import { createHash } from 'node:crypto'
import type { RegistryDb } from '@pcbs/store'
import { nameOf, type Principal } from '../auth/principal.ts'
import type { Context } from '../context.ts'
import { record } from './record.ts'

/** Sessions remembered at once; of one forgotten a second sign-in is recorded. */
const remembered = 10_000

/** Notices when an officer begins to use a token, which the transparency log remembers. */
export class OfficerSessions {
  readonly #seen = new Set<string>()

  /** Records the first use of an officer's token; later uses, and other callers, are nothing new. */
  async notice(
    context: Pick<Context, 'now'> & { readonly db: RegistryDb },
    principal: Principal,
    authorization: string | undefined,
  ): Promise<void> {
    if (principal.kind !== 'officer') return
    const session = createHash('sha256')
      .update(authorization ?? '')
      .digest('hex')
    if (this.#seen.has(session)) return
    await record(context, context.db, 'officer-signed-in', {
      actor: nameOf(principal),
      session: `sha256:${session}`,
    })
    const [oldest] = this.#seen
    if (this.#seen.size >= remembered && oldest !== undefined) this.#seen.delete(oldest)
    this.#seen.add(session)
  }
}
