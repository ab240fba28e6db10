import { local } from 'dunlin'
import { same } from './same.ts'

const engine = local()

await same(() => engine.name)
