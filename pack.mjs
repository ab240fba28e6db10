/**
 * Takes the `development` condition out of package.json while a tarball is made, and puts it back afterwards: the
 * sources that it points to are not published, and bundlers of other people ask for that condition too.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'

const FULL = '.package.full.json'

/** The same value without any property named `development`. */
function published(value) {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const kept = Object.entries(value).filter(([name]) => name !== 'development')
  return Object.fromEntries(kept.map(([name, inner]) => [name, published(inner)]))
}

if (process.argv[2] === 'strip') {
  const text = readFileSync('package.json', 'utf8')
  const { exports, imports, ...rest } = JSON.parse(text)
  writeFileSync(FULL, text)
  const stripped = { ...rest, exports: published(exports), imports: published(imports) }
  writeFileSync('package.json', `${JSON.stringify(stripped, null, 2)}\n`)
} else if (existsSync(FULL)) {
  renameSync(FULL, 'package.json')
}
