/** `npm run mutants`: hunts all mutants of the protocol, or some, and says what caught each. */
import { parseArgs } from 'node:util'
import { MUTANTS } from './all-mutants.ts'
import { huntedText, tallyText } from './hunted-text.ts'
import { huntAll } from './run-hunt.ts'

const USAGE = `npm run mutants -- [--only TEXT] [--seeds N] [--width W]
  --only TEXT   mutants whose name has the text in it
  --seeds N     seeds of each kind before a mutant has survived (default 200)
  --width W     processes at a time (default 2)`

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    seeds: { type: 'string', default: '200' },
    width: { type: 'string', default: '2' },
    help: { type: 'boolean', default: false },
  },
})

const print = (text: string): void => void process.stdout.write(`${text}\n`)

if (values.help) print(USAGE)
else {
  const wanted = MUTANTS.filter(({ name }) => name.includes(values.only))
  const hunted = await huntAll(wanted, {
    seeds: Number(values.seeds),
    width: Number(values.width),
    each: (one, ms) => print(huntedText(one, ms)),
  })
  print(tallyText(hunted))
  if (hunted.some(({ caught }) => caught === null)) process.exitCode = 1
}
