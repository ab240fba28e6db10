// @ts-expect-error: only the project of the case knows it
import { triple } from '#triple'
import { same } from './same.ts'

await same(n => triple(n))
