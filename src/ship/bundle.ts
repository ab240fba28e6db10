/** Links the generated module with what it imports, into one file that needs nothing but Node. */
import { existsSync, readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { dirname, join, resolve, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { BuildOptions, Message, Metafile, PartialMessage, Plugin, PluginBuild } from 'esbuild'
import { DunlinError } from '../../operators/index.ts'
import { entryScript, isPackageFile, type Origins, packageName, targetFile } from './origin.ts'
import { isOwnDoor, isOwnFile, isOwnSpecifier } from './own-package.ts'
import { EXPOSED_PREFIX, type ReferenceTable, TARGET_SCHEME } from './reference-table.ts'
import { displayPath } from './source-position.ts'
import { doorModule } from './stand-in.ts'
import { wasmModule } from './wasm-module.ts'

/** A file that was taken by value is also imported by a module that goes by reference: capture again without it. */
export class NeededByReference extends Error {
  readonly file: string
  constructor(file: string) {
    super(`${file} is needed by reference`)
    this.file = file
  }
}

export interface BundleInput {
  readonly code: string
  readonly map: string
  readonly references: ReferenceTable
  readonly origins: Origins
  /** Paths in the output are relative to it, so that the same project gives the same bytes in any folder. */
  readonly projectFolder: string
}

const DOOR = 'dunlin-door'
const INTEROP = 'dunlin-interop'
/** esbuild reports a path of the generated module by this name; `.mjs` gives imports Node's own meaning. */
const ENTRY = 'shipped.mjs'
const REQUIRE =
  "import{createRequire as $createRequire$d}from'node:module';const require=$createRequire$d(import.meta.url);\n"

/** Export conditions that this process was started with, such as `development`. */
function conditions(): string[] {
  const flags = [...process.execArgv, ...(process.env['NODE_OPTIONS']?.split(/\s+/) ?? [])]
  return flags.flatMap((flag, i) => {
    const match = /^(?:--conditions|-C)(?:=(.*))?$/.exec(flag)
    const value = match === null ? undefined : (match[1] ?? flags[i + 1])
    return value === undefined ? [] : [value]
  })
}

function loaderOf(file: string): 'ts' | 'tsx' | 'jsx' | 'js' {
  if (/\.[mc]?ts$/.test(file)) return 'ts'
  return file.endsWith('x') ? (file.endsWith('.tsx') ? 'tsx' : 'jsx') : 'js'
}

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

function resolveTargets(build: PluginBuild, references: ReferenceTable): void {
  build.onResolve({ filter: new RegExp(`^${escaped(TARGET_SCHEME)}`) }, async ({ path, kind }) => {
    const target = references.targets[Number(path.slice(TARGET_SCHEME.length))]!
    const found = await build.resolve(target.specifier, { resolveDir: target.folder, kind })
    if (found.errors.length > 0) {
      const text = `${target.specifier} cannot be resolved${target.at === '' ? '' : `, imported at ${target.at}`}`
      return { errors: [{ text, detail: target.at }] }
    }
    const { external, namespace, sideEffects, suffix } = found
    return { path: found.path, external, namespace, sideEffects, suffix }
  })
}

/** Imports of dunlin's public entry become stand-ins. */
function standIns(build: PluginBuild): void {
  build.onResolve({ filter: /^(?:\.|\/|dunlin(?:\/|$))/ }, ({ path, importer }) => {
    if (isOwnFile(importer)) return undefined
    const target = isPackageFile(importer) ? null : targetFile(path, importer)
    return isOwnSpecifier(path) || (target !== null && isOwnDoor(target))
      ? { path: 'dunlin', namespace: DOOR }
      : undefined
  })
  build.onLoad({ filter: /.*/, namespace: DOOR }, () => ({
    contents: doorModule(),
    loader: 'js',
    resolveDir: dirname(import.meta.filename),
  }))
}

/**
 * Node gives an ES module the whole `module.exports` as the default import of a CommonJS file; bundlers give
 * `exports.default` where the file says `__esModule`, but to files that they know to be Node's. Files that a plugin
 * loads are not known, so their imports of such CommonJS go through a module that is.
 */
function nodeInterop(build: PluginBuild): void {
  const passed = Symbol('resolved')
  build.onResolve(
    { filter: /.*/, namespace: 'file' },
    async ({ path, importer, kind, resolveDir, pluginData }) => {
      if (pluginData === passed || kind !== 'import-statement' || isBuiltin(path)) return undefined
      if (isPackageFile(importer) || !/\.[jt]sx?$/.test(importer)) return undefined
      const found = await build.resolve(path, { importer, kind, resolveDir, pluginData: passed })
      if (found.errors.length > 0 || found.namespace !== 'file' || !isMarkedCommonJs(found.path))
        return undefined
      return { path: `${found.path}.mjs`, namespace: INTEROP, sideEffects: found.sideEffects }
    },
  )
  build.onLoad({ filter: /.*/, namespace: INTEROP }, ({ path }) => {
    const file = JSON.stringify(path.slice(0, -'.mjs'.length))
    return {
      contents: `export * from ${file}; export { default } from ${file};`,
      loader: 'js',
      resolveDir: dirname(path),
    }
  })
}

function isMarkedCommonJs(file: string): boolean {
  if (!/\.(?:cjs|js|cts)$/.test(file) || (file.endsWith('.js') && packageType(dirname(file)) === 'module'))
    return false
  return readFileSync(file, 'utf8').includes('__esModule')
}

function packageType(folder: string): string | undefined {
  const file = join(folder, 'package.json')
  if (existsSync(file)) return (JSON.parse(readFileSync(file, 'utf8')) as { type?: string }).type
  return folder === dirname(folder) ? undefined : packageType(dirname(folder))
}

async function usesImportMeta(build: PluginBuild, file: string, contents: string): Promise<boolean> {
  if (!/\bimport\s*\.\s*meta\b/.test(contents)) return false
  const { code } = await build.esbuild.transform(contents, {
    loader: loaderOf(file),
    minifyWhitespace: true,
    legalComments: 'none',
  })
  return /\bimport\.meta\b/.test(code)
}

function loadUserFiles(build: PluginBuild, { references, origins }: BundleInput): void {
  build.onLoad({ filter: /\.[mc]?[jt]sx?$/, namespace: 'file' }, async ({ path: file }) => {
    const names = references.exposed.get(file)
    if (names === undefined && (isPackageFile(file) || isOwnFile(file))) return undefined
    if (origins.isValueFile(file)) {
      return {
        errors: [
          {
            text: `${displayPath(file)} is imported by a module that workers load`,
            detail: new NeededByReference(file),
          },
        ],
      }
    }
    const source = readFileSync(file, 'utf8')
    if (!isPackageFile(file) && !isOwnFile(file) && (await usesImportMeta(build, file, source))) {
      return {
        errors: [{ text: `${displayPath(file)} uses import.meta, which on a worker is another file` }],
      }
    }
    const list = [...(names ?? [])]
    const exposed = references.commonJs.has(file)
      ? list.map(name => `\n;module.exports.${EXPOSED_PREFIX}${name} = ${name};`).join('')
      : list.length === 0
        ? ''
        : `\n;export { ${list.map(name => `${name} as ${EXPOSED_PREFIX}${name}`).join(', ')} };`
    return { contents: source + exposed, loader: loaderOf(file), resolveDir: dirname(file) }
  })
}

function loadWebAssembly(build: PluginBuild): void {
  build.onLoad({ filter: /\.wasm$/, namespace: 'file' }, ({ path }) => {
    try {
      return { contents: wasmModule(path, readFileSync(path)), loader: 'js' }
    } catch (error) {
      return { errors: [{ text: String(error), detail: error }] }
    }
  })
}

function failure(messages: readonly (Message | PartialMessage)[]): Error {
  for (const { detail } of messages) {
    if (detail instanceof DunlinError) return detail
    if (!(detail instanceof NeededByReference)) continue
    if (detail.file !== entryScript()) return detail
    return new DunlinError(
      'CANNOT_SHIP',
      `cannot ship: ${displayPath(detail.file)}, the script that runs, is imported by a module that workers load`,
      {
        hint: 'move what that module needs from the script to a file of its own',
        place: { at: displayPath(detail.file) },
      },
    )
  }
  const [first] = messages
  const { location, text = '', detail } = first ?? {}
  const at =
    typeof detail === 'string' && detail !== ''
      ? detail
      : location
        ? `${location.file}:${location.line}`
        : undefined
  const native = /\.node"/.test(text)
  return new DunlinError('CANNOT_SHIP', `cannot ship: ${text}`, {
    hint: native
      ? 'a package with a native addon cannot be bundled: use one in plain JavaScript or WebAssembly'
      : 'check the import, or create what it gives inside the function',
    ...(at === undefined ? {} : { place: { at } }),
  })
}

/** A package that was bundled. */
export interface BundledPackage {
  readonly name: string
  /** Of its package.json; empty where that has none. */
  readonly version: string
  /** In the bundle. */
  readonly sizeBytes: number
}

function packagesOf(meta: Metafile, folder: string): BundledPackage[] {
  const found = new Map<string, BundledPackage>()
  for (const { inputs } of Object.values(meta.outputs)) {
    for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
      const file = resolve(folder, path.replace(/^[\w-]+:(?!\\)/, ''))
      if (bytesInOutput === 0 || !isPackageFile(file)) continue
      const name = packageName(file)
      const root = `${file.slice(0, file.lastIndexOf(`${sep}node_modules${sep}`))}${sep}node_modules${sep}${name}`
      const { version, sizeBytes } = found.get(root) ?? { version: versionOf(root), sizeBytes: 0 }
      found.set(root, { name, version, sizeBytes: sizeBytes + bytesInOutput })
    }
  }
  return [...found.values()].sort((a, b) => b.sizeBytes - a.sizeBytes || (a.name < b.name ? -1 : 1))
}

function versionOf(root: string): string {
  const file = join(root, 'package.json')
  return existsSync(file)
    ? ((JSON.parse(readFileSync(file, 'utf8')) as { version?: string }).version ?? '')
    : ''
}

export interface Bundled {
  readonly code: string
  readonly map: string
  readonly packages: readonly BundledPackage[]
}

export async function bundle(input: BundleInput): Promise<Bundled> {
  const esbuild = await import('esbuild')
  const plugin: Plugin = {
    name: 'dunlin',
    setup(build) {
      resolveTargets(build, input.references)
      standIns(build)
      nodeInterop(build)
      loadUserFiles(build, input)
      loadWebAssembly(build)
    },
  }
  const inline = `\n//# sourceMappingURL=data:application/json;base64,${Buffer.from(input.map).toString('base64')}`
  const options = {
    stdin: {
      contents: input.code + inline,
      resolveDir: input.projectFolder,
      sourcefile: ENTRY,
      loader: 'js',
    },
    outfile: `${input.projectFolder}/${ENTRY}`,
    absWorkingDir: input.projectFolder,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node22',
    // Exactly Node's conditions: esbuild would add `module`, and so pick other files than the driver ran.
    conditions: conditions(),
    // Without white space there are no comments with paths either.
    minifyWhitespace: true,
    legalComments: 'none',
    // A bundler renames what would clash; programs show the names of classes and errors to people.
    keepNames: true,
    charset: 'utf8',
    sourcemap: 'external',
    sourcesContent: false,
    write: false,
    metafile: true,
    logLevel: 'silent',
    plugins: [plugin],
  } as const satisfies BuildOptions
  try {
    const { outputFiles, metafile } = await esbuild.build(options)
    const packages = packagesOf(metafile, input.projectFolder)
    const text = (end: string) => outputFiles.find(file => file.path.endsWith(end))!.text
    const code = text('.mjs')
    const map = JSON.parse(text('.map')) as { sources: string[]; mappings: string }
    const base = pathToFileURL(`${input.projectFolder}/`)
    map.sources = map.sources.map(source => new URL(source, base).href)
    // CommonJS packages ask for builtins with `require`, which an ES module has to make for itself.
    if (!code.includes('__require')) return { code, map: JSON.stringify(map), packages }
    return { code: REQUIRE + code, map: JSON.stringify({ ...map, mappings: `;${map.mappings}` }), packages }
  } catch (error) {
    const messages = (error as { errors?: Message[] }).errors
    throw messages === undefined ? error : failure(messages)
  }
}
