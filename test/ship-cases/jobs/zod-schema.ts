import { z } from 'zod'
import { same } from './same.ts'

const person = z.object({ name: z.string().min(1), age: z.number().int().optional() })

await same(n => person.safeParse({ name: 'Ahab'.slice(0, n * 2), age: n }).success)
