/** What functions of job files give on workers, or why they are refused: the cases that dunlin promises. */

/** Forms in which a job file may be run. */
export type Form = 'TypeScript' | 'tsx' | 'ESM' | 'CommonJS'

export interface ShipCase {
  /** Of the list of cases. */
  readonly title: string
  /** In `jobs/`, without its ending. */
  readonly file: string
  /** Where it is not `.ts`. */
  readonly extension?: '.cts'
  /** What is printed, or what the refusal says: on any line, in this order. */
  readonly says: readonly string[]
  /** Why it has no sense in a form. */
  readonly not?: Partial<Record<Form, string>>
}

const TOP_LEVEL_AWAIT = { CommonJS: 'has no top-level await' } as const
const NO_PATHS = 'Node does not know them'
const ARROW = 'pass an arrow function'

export const CASES: readonly ShipCase[] = [
  {
    title: 'plain values, cycles and shared references',
    file: 'plain-values',
    says: ['same: "[\\n  0,\\n  true,'],
  },
  { title: "the driver's clock and random numbers", file: 'driver-constants', says: ['same: [', ',0.'] },
  { title: 'a Set that was filled from a file', file: 'driver-file', says: ['same: true,false,true'] },
  {
    title: 'top-level await and side effects of the job file',
    file: 'top-level-await',
    says: ['the job file runs', 'same: 45,46,47'],
    not: TOP_LEVEL_AWAIT,
  },
  {
    title: 'helpers, recursive ones too',
    file: 'helpers',
    says: ['same: [120,true,false],[720,false,true],[5040,true,false]'],
  },
  {
    title: 'classes with super, statics, instanceof',
    file: 'classes',
    says: ['same: ["Moby speaks, deeply","whale 0 speaks, deeply",true,true,true,3]'],
  },
  { title: 'private fields at the top level', file: 'private-fields', says: ['same: true,true,false'] },
  {
    title: 'private fields of a local instance',
    file: 'private-fields-local',
    says: [
      'an instance of Counter has private fields (#n)',
      '↳ variable counters',
      'create it inside the function',
    ],
  },
  { title: 'a zod schema at the top level', file: 'zod-schema', says: ['same: false,true,true'] },
  {
    title: 'a local zod schema of a parameter that V8 has dropped',
    file: 'zod-schema-local',
    says: ['least was dropped by V8', '↳ variable schema', 'use least inside the function'],
  },
  {
    title: 'imports of builtins, packages and files',
    file: 'imports',
    says: ['same: ["5feceb66","a/0","function",3,0,100,102,"1.0"]'],
  },
  {
    title: 'closures of other files, curried functions',
    file: 'other-files',
    says: ['same: [2,110],[3,111],[4,112]'],
  },
  {
    title: 'a decorated class',
    file: 'decorated-class',
    says: [
      'class Plain was changed after its declaration (Plain.prototype.log)',
      'move it to a file of its own and import it',
    ],
  },
  {
    title: 'a socket',
    file: 'socket',
    says: ['Socket is a live resource', '↳ variable cfg', '↳ .db', '↳ .conn', 'inside the function'],
  },
  {
    title: 'a stream',
    file: 'stream',
    says: ['Readable is a live resource', '↳ variable lines', 'inside the function'],
  },
  {
    title: 'a worker thread',
    file: 'worker',
    says: ['Worker is a live resource', '↳ variable worker', 'inside the function'],
  },
  {
    title: 'a promise',
    file: 'promise',
    says: ['Promise is a live resource', '↳ variable later', 'inside the function'],
  },
  {
    title: 'a WeakMap',
    file: 'weak-map',
    says: ['WeakMap is a live resource', '↳ variable seen', 'inside the function'],
  },
  {
    title: 'a generator that runs',
    file: 'generator',
    says: ['Generator is a live resource', '↳ variable numbers', 'inside the function'],
  },
  {
    title: 'a bound function',
    file: 'bound-function',
    says: ['the receiver of bound times cannot be read', ARROW],
  },
  {
    title: 'a method that uses this',
    file: 'method-with-this',
    says: ['it uses `this`', '↳ function times', ARROW],
  },
  {
    title: 'functions of the language',
    file: 'builtin-functions',
    says: ['same: [3,7]'],
    not: TOP_LEVEL_AWAIT,
  },
  {
    title: 'a binding before its initialisation',
    file: 'before-initialisation',
    says: ['late is used before its initialisation', 'below its declaration'],
    not: { CommonJS: 'the job begins when the file has run' },
  },
  {
    title: 'a captured variable that is changed',
    file: 'counter',
    says: ['variable counter is changed at', 'each worker changes its own copy', 'same: [[0,1,2,3],0]'],
    not: TOP_LEVEL_AWAIT,
  },
  {
    title: 'async functions, generators, dynamic import, __name',
    file: 'function-kinds',
    says: ['same: "[\\"renamed\\",1,[0],[1],\\"a/b\\"]"'],
  },
  { title: 'a native addon', file: 'native-addon', says: ['native'] },
  {
    title: 'captured data over 10 MB',
    file: 'large-value',
    says: ['variable table adds 12.0 MB', 'same: 97,32,108'],
  },
  {
    title: 'captured data over the limit',
    file: 'too-large-value',
    says: ['the captured data is over 64 MB', '↳ variable table'],
  },
  {
    title: 'import.meta',
    file: 'import-meta',
    says: ['it uses import.meta', 'as a constant'],
    not: { CommonJS: 'has none' },
  },
  { title: '__dirname', file: 'dirname', extension: '.cts', says: ['it uses __dirname', 'as a constant'] },
  {
    title: 'a captured dataset',
    file: 'dataset',
    says: ['Dataset only exists on the driver', '↳ variable small'],
  },
  { title: 'a captured engine', file: 'engine', says: ['only exists on the driver', '↳ variable engine'] },
  { title: 'eval and new Function', file: 'eval', says: ['same: [0,2],[2,2],[4,2]'] },
  {
    title: 'an import that cannot be resolved',
    file: 'missing-import',
    says: ['not-installed', 'cannot be resolved, imported at'],
  },
  {
    title: 'a throw inside a function',
    file: 'throws',
    says: ['threw on record 1', '> 7 |   return line.text', 'at lengthOf (', 'throws'],
  },
  {
    title: 'two jobs on one warm worker',
    file: 'no-shared-state',
    says: ['same: [[1,2,3],["0 1","1 2","2 3"]]'],
    not: TOP_LEVEL_AWAIT,
  },
  { title: 'JSON files', file: 'bundled-files', says: ['same: "call","me","Ishmael"'] },
  { title: 'WebAssembly of captured bytes', file: 'wasm', says: ['same: 40,41,42'], not: TOP_LEVEL_AWAIT },
  {
    title: 'a WebAssembly file that is imported',
    file: 'wasm-import',
    says: ['same: 40,41,42'],
    not: { tsx: 'imports none', CommonJS: 'imports none' },
  },
  { title: "imports of package.json's names", file: 'subpath-imports', says: ['same: 0,3,6'] },
  {
    title: 'paths of tsconfig.json',
    file: 'tsconfig-paths',
    says: ['same: 0,3,6'],
    not: { TypeScript: NO_PATHS, ESM: NO_PATHS, CommonJS: NO_PATHS },
  },
]
