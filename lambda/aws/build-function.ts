/** buildFunction: the deployment package: one module, in a zip file whose bytes are the same each time. */
import { fileURLToPath } from 'node:url'
import { ownVersion } from './own-version.ts'

/** What a zip file can say at the earliest. */
const NO_TIME = '1980-01-01T00:00:00'
const LEVEL = 9

export interface FunctionOptions {
  /** The module that exports `handler`. Default: the generic function. */
  readonly entry?: URL
}

export async function buildFunction(options: FunctionOptions = {}): Promise<Uint8Array> {
  const entry = options.entry ?? new URL(import.meta.resolve('#function-entry'))
  const [{ build }, { zipSync }] = await Promise.all([import('esbuild'), import('fflate')])
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(entry)],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    target: 'node22',
    conditions: ['development'],
    define: { DUNLIN_VERSION: JSON.stringify(ownVersion()) },
    // What drivers alone load, when they need it.
    external: ['@aws-sdk/client-lambda', 'esbuild', 'fflate'],
    minifySyntax: true,
    minifyWhitespace: true,
    keepNames: true,
    banner: {
      js: "import{createRequire as $require}from'node:module';const require=$require(import.meta.url);",
    },
  })
  return zipSync({ 'index.mjs': [outputFiles[0]!.contents, { level: LEVEL, mtime: NO_TIME }] })
}
