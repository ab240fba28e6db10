import { same } from './same.ts'

await same(n => n + late)
const late = 1
