import { same } from './same.ts'

await same(async () => {
  // @ts-expect-error: there is no such file.
  const { nothing } = await import('./does-not-exist.ts')
  return nothing
})
