/** What is said where moto cannot be set up: machines without Python, pip or network, as programs of these names show them. */
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, onTestFinished, test, vi } from 'vitest'
import { startMoto } from '../../../lambda/aws-local/index.ts'

afterEach(() => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})

/** A home, with a `python3` on the path that is this script; none where it is absent. */
function machine(python?: string): string {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'dunlin-python-')))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  const bin = join(directory, 'bin')
  mkdirSync(bin)
  if (python !== undefined) {
    writeFileSync(
      join(bin, 'python3'),
      `#!/bin/sh\n[ "$1" = --version ] && echo Python 3.11.7 && exit 0\n${python}\n`,
    )
    chmodSync(join(bin, 'python3'), 0o755)
  }
  vi.stubEnv('PATH', bin)
  vi.spyOn(process.stderr, 'write').mockImplementation(() => true)
  return join(directory, 'home')
}

const NO_VENV = 'echo "ensurepip is not available" >&2; exit 1'
/** Its environment has a Python whose pip finds no network. */
const NO_NETWORK = `
/bin/mkdir -p "$3/bin"
echo '#!/bin/sh
echo "Could not find a version that satisfies the requirement moto" >&2; exit 1' > "$3/bin/python"
/bin/chmod +x "$3/bin/python"`

test.each([
  ['Python', undefined, 'there is no Python 3 on this machine', 'Install Python 3'],
  ['venv', NO_VENV, 'Python makes no virtual environment: ensurepip is not available', 'python3-venv'],
  ['network', NO_NETWORK, 'pip could not install moto: Could not find a version', 'Check the network'],
])('without %s it says so, and which server may be given instead', async (_, python, why, hint) => {
  const home = machine(python)
  const error: unknown = await startMoto({ home }).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({
    code: 'CONFIGURATION',
    message: expect.stringContaining(`aws-local needs an S3 server, and moto cannot be had: ${why}`),
    hint: expect.stringContaining(hint),
  })
  expect(error).toMatchObject({ hint: expect.stringContaining('aws.endpoints.s3') })
})

test('what was half made is removed, so that the next start tries again', async () => {
  const home = machine(NO_NETWORK)
  await expect(startMoto({ home })).rejects.toMatchObject({ code: 'CONFIGURATION' })
  expect(readdirSync(home)).toEqual([])
})
