/** The worker as one file, from the sources: part of a build, and done before tests run. */
import { build } from 'esbuild'

export default async function buildWorker() {
  await build({
    entryPoints: ['src/worker-entry.ts'],
    outfile: 'dist/worker-entry.js',
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node22',
    conditions: ['development'],
    // Loaded by those who read or write s3://, from where they have installed it.
    external: ['@aws-sdk/*'],
    minifySyntax: true,
    banner: {
      js: "import{createRequire as $require}from'node:module';const require=$require(import.meta.url);",
    },
  })
}
