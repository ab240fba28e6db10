import { same } from './same.ts'

await same(async () => {
  // @ts-expect-error: there is no such package.
  const { nothing } = await import('not-installed')
  return nothing
})
