import { same } from './same.ts'

function logged<T extends abstract new (...args: never[]) => object>(target: T): T {
  Object.defineProperty(target.prototype, 'log', { value: () => 'logged' })
  return target
}
class Plain {
  value(n: number): number {
    return n
  }
}
const Decorated = logged(Plain)
const one = new Decorated()

await same(n => one.value(n))
