import { same } from './same.ts'

await same(async () => {
  const { nothing } = await import('./does-not-exist.ts' as string as './library.ts').then(() => ({
    nothing: 1,
  }))
  return nothing
})
