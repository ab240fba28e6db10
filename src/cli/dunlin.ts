#!/usr/bin/env node
/** The command `dunlin`: checks the version of Node before anything that needs a newer one is loaded. */

const LEAST = [22, 15] as const
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)

if (major < LEAST[0] || (major === LEAST[0] && minor < LEAST[1])) {
  process.stderr.write(
    `dunlin needs Node ${LEAST.join('.')} or newer; this is Node ${process.versions.node} (${process.execPath}).\n` +
      'Get a newer one from https://nodejs.org/en/download, with `nvm install 24`, or for one project with\n' +
      '`npm install --save-dev node@24`, which npx and npm scripts then use.\n',
  )
  process.exitCode = 3
} else {
  const { main } = await import('./main.ts')
  process.exitCode = await main(process.argv.slice(2))
}
