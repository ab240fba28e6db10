/** lettersAreRight: a job that succeeded has skipped the bad records, each once, and its dead letters say which they were. */
import { isCleanedAway, lettersUri, listedParts, type SimulationRun } from '../simulation-run.ts'
import { bagDifference } from '../workload.ts'

export function* lettersAreRight({ world, workload, end }: SimulationRun): Generator<string> {
  const { letters } = workload.workload
  if (end?.report.state !== 'succeeded') return
  const { skippedRecords, deadLetters } = end.report
  const expected = letters ?? []
  if (skippedRecords !== expected.length)
    yield `the report says that ${skippedRecords} records were skipped instead of ${expected.length}`
  if (letters === undefined) {
    if (deadLetters !== undefined) yield `the report has dead letters of a job that skips nothing`
    return
  }
  const policy = workload.prepared.planned.plan.stages[0]!.onError!
  const space = world.space(lettersUri(policy))
  if (isCleanedAway(world, space.uri)) return
  const parts = listedParts(space) ?? []
  const lines = parts.flatMap(({ name }) =>
    Buffer.from(space.get(name)?.bytes ?? [])
      .toString()
      .split('\n'),
  )
  const records = lines
    .filter(line => line !== '')
    .map(line => (JSON.parse(line) as { record: string }).record)
  const wrong = bagDifference(records, letters)
  if (wrong !== null) yield `wrong dead letters: ${wrong}`
  const rows = letters.length
  const bytes = parts.reduce((sum, part) => sum + part.bytes, 0)
  const told = JSON.stringify(deadLetters)
  if (told !== JSON.stringify({ uri: space.uri, parts: parts.length, rows, bytes }))
    yield `the report says of the dead letters ${told}, there are ${parts.length} parts of ${bytes} bytes`
}
