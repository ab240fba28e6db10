import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { same } from './same.ts'

const folder = mkdtempSync(join(tmpdir(), 'dunlin-case-'))
writeFileSync(join(folder, 'stop-words.txt'), 'the\nof\nand\n')
const stopWords = new Set(readFileSync(join(folder, 'stop-words.txt'), 'utf8').trim().split('\n'))
rmSync(folder, { recursive: true })

await same(n => stopWords.has(['the', 'whale', 'and'][n]!))
