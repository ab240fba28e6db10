import { same } from './same.ts'

class Animal {
  static count = 3
  readonly name: string
  constructor(name: string) {
    this.name = name
  }
  speak(): string {
    return `${this.name} speaks`
  }
}
class Whale extends Animal {
  override speak(): string {
    return `${super.speak()}, deeply`
  }
  get isWhite(): boolean {
    return this.name === 'Moby'
  }
}
const moby = new Whale('Moby')

await same(n => {
  const other = new Whale(`whale ${n}`)
  return [
    moby.speak(),
    other.speak(),
    moby.isWhite,
    moby instanceof Animal,
    Object.getPrototypeOf(other) === Whale.prototype,
    Whale.count,
  ]
})
