import { readFile, writeFile } from 'node:fs/promises'
import {
  caseEvents,
  caseStates,
  eventInputs,
  lifecycle,
  listedStates,
  rejectRemedies,
  requirements,
  type Transition,
} from '@pcbs/core'
import { problems } from '../src/http/problems.ts'

/** The documents that are made from the tables in the code, so that they cannot say anything else. */
const documents: Readonly<Record<string, string>> = {
  'lifecycle.md': lifecycleDocument(),
  'problems.md': problemsDocument(),
}

const isCheck = process.argv.includes('--check')
for (const [name, text] of Object.entries(documents)) {
  const file = new URL(`../../../docs/${name}`, import.meta.url)
  if (!isCheck) await writeFile(file, text)
  else if ((await readFile(file, 'utf8').catch(() => '')) !== text) {
    process.stderr.write(`docs/${name} is out of date: run pnpm --filter @pcbs/api generate\n`)
    process.exitCode = 1
  }
}

function header(title: string): string {
  return `# ${title}\n\n<!-- Generated: pnpm --filter @pcbs/api generate -->\n`
}

function rows(): readonly { from: string; event: string; transition: Transition }[] {
  return caseStates.flatMap((from) =>
    Object.entries(lifecycle[from] as Record<string, Transition>).map(([event, transition]) => ({
      from,
      event,
      transition,
    })),
  )
}

function lifecycleDocument(): string {
  const arrows = rows().map(({ from, event, transition }) => `  ${from} --> ${transition.to}: ${event}`)
  const table = rows().map(
    ({ from, event, transition: { to, by, needs } }) =>
      `| ${from} | ${event} | ${to} | ${by.join(', ').replaceAll('_', ' ')} | ${needs.join(', ').replaceAll('_', ' ')} |`,
  )
  const inputs = caseEvents.flatMap((event) =>
    (eventInputs[event] ?? []).map((input) => `| ${event} | \`${input}\` |`),
  )
  const needs = Object.entries(requirements).map(
    ([name, { code, remedy, isLiftedForOfficers }]) =>
      `| ${name.replaceAll('_', ' ')} | \`${code}\` | ${remedy} | ${isLiftedForOfficers ? 'yes' : ''} |`,
  )
  return `${header('The life of a case')}
A case in ${[...listedStates].map((state) => `\`${state}\``).join(', ')} is on the block list. What is not here is illegal.

\`\`\`mermaid
stateDiagram-v2
  [*] --> reported
${arrows.join('\n')}
\`\`\`

| state | event | leads to | who may | needs |
| --- | --- | --- | --- | --- |
${table.join('\n')}

| need | code where it does not hold | remedy | lifted for officers |
| --- | --- | --- | --- |
${needs.join('\n')}

An officer may say this beside an event. Beside any other event it is refused, since it would change nothing; \`exceptions\`
are all SIMs that the case lets through from then on.

| event | takes |
| --- | --- |
${inputs.join('\n')}
`
}

function problemsDocument(): string {
  const kinds = Object.entries(problems).map(
    ([code, { status, title }]) => `| \`urn:pcbs:problem:${code}\` | ${status} | ${title} |`,
  )
  const rejects = Object.entries(rejectRemedies).map(([code, remedy]) => `| \`${code}\` | ${remedy} |`)
  return `${header('Problems and rejects')}
Errors are RFC 9457 documents. \`errors\` names each field, a code and the remedy, never a value.

| type | status | title |
| --- | --- | --- |
${kinds.join('\n')}

## Codes of rejected rows

| code | remedy |
| --- | --- |
${rejects.join('\n')}
`
}
