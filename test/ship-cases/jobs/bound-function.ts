import { same } from './same.ts'

const scale = {
  by: 3,
  times(n: number): number {
    return n * this.by
  },
}

await same(scale.times.bind(scale))
