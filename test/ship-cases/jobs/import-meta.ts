import { same } from './same.ts'

await same(() => import.meta.url)
