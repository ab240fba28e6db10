// @ts-expect-error: a package that the test makes
import { native } from 'native-addon'
import { same } from './same.ts'

await same(n => native.add(n, 1))
