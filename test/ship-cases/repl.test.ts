/** Functions and constants that are typed into a REPL run on workers like those of a file. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { afterAll, expect, it } from 'vitest'
import { makeProject } from './project.ts'

const project = makeProject('TypeScript')
afterAll(() => rmSync(project, { recursive: true, force: true }))

const PROMPT = '> '

/** What the REPL answers to each line. */
async function typed(lines: readonly string[]): Promise<string[]> {
  const child = spawn(process.execPath, ['--conditions=development', '--interactive'], {
    cwd: project,
    env: { ...process.env, NO_COLOR: '1', DUNLIN_WORKERS: '1', NODE_REPL_HISTORY: '' },
  })
  try {
    await answer(child)
    const answers: string[] = []
    for (const line of lines) {
      child.stdin.write(`${line}\n`)
      answers.push(await answer(child))
    }
    return answers
  } finally {
    child.kill('SIGKILL')
  }
}

/** All up to the next prompt. */
function answer({ stdout }: ChildProcessWithoutNullStreams): Promise<string> {
  return new Promise((done, fail) => {
    let text = ''
    const take = (piece: Buffer): void => {
      text += piece
      if (!text.endsWith(PROMPT)) return
      stdout.off('data', take)
      done(text.slice(0, -PROMPT.length).trim())
    }
    stdout.on('data', take).once('close', () => fail(new Error(`the REPL ended after ${text}`)))
  })
}

it('constants, functions and what they are changed to', async () => {
  const answers = await typed([
    'const { range } = await import("dunlin")',
    'const k = 10',
    'function times(n) { return n * k }',
    'let offset = 1',
    'await range(3).map(n => times(n) + offset).collect()',
    'offset = 2',
    'await range(3).map(n => times(n) + offset).collect()',
  ])
  expect(answers[4]).toBe('[ 1, 11, 21 ]')
  expect(answers[6]).toBe('[ 2, 12, 22 ]')
}, 60_000)
