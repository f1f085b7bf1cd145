/** Where a command reads its settings and writes its answers. */
export interface Terminal {
  readonly environment: Readonly<Record<string, string | undefined>>
  /** A line of the answer. */
  print(line: string): void
  /** A line beside it, such as how to sign in. */
  complain(line: string): void
  /** Asks for a line that must not stand on the command line, where other users and the history would see it. */
  ask(question: string): Promise<string>
}

/** The options of every command, as they were typed. */
export interface Options {
  readonly telco?: string | undefined
  readonly kind?: string | undefined
  readonly state?: string | undefined
  readonly 'public-key'?: string | undefined
  readonly 'keep-old'?: boolean | undefined
  readonly 'registry-key'?: string | undefined
  readonly origin?: string | undefined
  readonly lift?: boolean | undefined
  readonly key?: string | undefined
  readonly purpose?: string | undefined
}

/** What a command was told. */
export interface CommandInput {
  readonly words: readonly string[]
  readonly options: Options
  readonly terminal: Terminal
}

/** Carries out a command; throws a {@link UsageError} or {@link CommandError} where it cannot. */
export type Command = (input: CommandInput) => Promise<void>

/** A command that was typed wrong. */
export class UsageError extends Error {}

/** A command that could not be carried out; its message is for the operator. */
export class CommandError extends Error {}
