import { z } from 'zod'
import { same } from './same.ts'

function checker(least: number): (n: number) => boolean {
  const schema = z.number().min(least)
  return n => schema.safeParse(n).success
}

await same(checker(1))
