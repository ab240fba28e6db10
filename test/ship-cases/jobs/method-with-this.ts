import { same } from './same.ts'

const scale = {
  by: 3,
  times(this: { by: number } | undefined, n: number): number {
    return n * (this?.by ?? 1)
  },
}

await same(scale.times)
