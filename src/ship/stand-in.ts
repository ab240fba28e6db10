/** What imports of dunlin itself become on a worker: a stand-in that throws when it is used. */
import type { Capture } from './capture.ts'
import { targetFile } from './origin.ts'
import { errorsFile, isOwnDoor, isOwnSpecifier } from './own-package.ts'
import { stringText } from './plain-value.ts'
import type { Program } from './program.ts'
import { WORKER_VALUE_TEXT } from './worker-values.ts'

/** Whether `specifier`, imported by `program`, means the public entry of dunlin. */
export function isDoor(program: Program, specifier: string): boolean {
  if (isOwnSpecifier(specifier)) return true
  const target = targetFile(specifier, program.file)
  return target !== null && isOwnDoor(target)
}

/** The source of a function that makes stand-ins. It has no imports. */
export const MAKE_STAND_IN = `name => {
  const fail = () => { throw new Error(name + ' of dunlin only exists on the driver: a function that runs on a worker cannot use it') };
  return new Proxy(function () {}, { get: fail, set: fail, apply: fail, construct: fail, has: fail, ownKeys: fail });
}`

/** The expression for an export of the door. */
export function doorExport(c: Capture, name: string): string {
  if (name === 'DunlinError') return c.references.import(errorsFile, name, errorsFile, '')
  if (name === 'perWorker') {
    c.refuse('it calls perWorker, which would make a value for each call', {
      hint: 'call perWorker once, outside of the functions, and use there what it gives',
    })
  }
  const known = c.standIns.get(name)
  if (known !== undefined) return known
  const maker = c.standIns.get('') ?? c.newName('$standIn')
  if (!c.standIns.has('')) {
    c.remember(c.standIns, '', maker)
    c.emit(`const ${maker} = ${MAKE_STAND_IN};`)
  }
  const text = c.newName('$only')
  c.remember(c.standIns, name, text)
  c.emit(`const ${text} = ${maker}(${stringText(name === '*' ? 'the module' : name)});`)
  return text
}

/**
 * The door as bundled files of the user see it: CommonJS, since it must answer to any name that they import. Names
 * that it does not have come from its prototype.
 */
export function doorModule(): string {
  return `const make = ${MAKE_STAND_IN};
const made = new Map();
const only = (_, name) => {
  if (typeof name !== 'string' || name === '__esModule' || name === 'then') return undefined;
  if (!made.has(name)) made.set(name, make(name));
  return made.get(name);
};
module.exports = Object.create(new Proxy({}, { get: only }));
module.exports.DunlinError = require(${JSON.stringify(errorsFile)}).DunlinError;
module.exports.perWorker = (factory, options) => ${WORKER_VALUE_TEXT}(factory, options?.close);
`
}
