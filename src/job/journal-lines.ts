/** Events as lines of the journal and back. A schema that a hundred thousand tasks share is written once a segment writer. */
import { DunlinError, type Schema } from '../../operators/index.ts'
import type { JobEvent } from '../events/job-event.ts'

type Committed = Extract<JobEvent, { type: 'taskCommitted' }>

/**
 * In a line, the schema of a commit is `{ "is": n, "schema": … }` where it is new, and later `{ "is": n }`. Numbers begin
 * anew with each driver; a line that defines a number replaces what it stood for.
 */
type SchemaLine = { readonly is: number; readonly schema?: Schema }

export class JournalEncoder {
  readonly #known = new Map<string, number>()
  #last: { readonly schema: Schema; readonly is: number } | null = null

  encode(event: JobEvent): string {
    if (event.type !== 'taskCommitted' || event.commit.schema === null) return JSON.stringify(event)
    return JSON.stringify({
      ...event,
      commit: { ...event.commit, schema: this.#schemaLine(event.commit.schema) },
    })
  }

  #schemaLine(schema: Schema): SchemaLine {
    if (this.#last?.schema === schema) return { is: this.#last.is }
    const text = JSON.stringify(schema)
    const known = this.#known.get(text)
    const is = known ?? this.#known.size
    this.#known.set(text, is)
    this.#last = { schema, is }
    return known === undefined ? { is, schema } : { is }
  }
}

export class JournalDecoder {
  readonly #schemas = new Map<number, Schema>()

  /** @throws CORRUPT, naming `at`, for what is no event */
  decode(json: string, at: string): JobEvent {
    let event: JobEvent
    try {
      event = JSON.parse(json) as JobEvent
    } catch (cause) {
      throw new DunlinError('CORRUPT', `${at} is not an event`, { cause, place: { at } })
    }
    return event.type === 'taskCommitted' ? this.#withSchema(event, at) : event
  }

  #withSchema(event: Committed, at: string): Committed {
    const line = event.commit.schema as SchemaLine | null
    if (line === null) return event
    if (line.schema !== undefined) this.#schemas.set(line.is, line.schema)
    const schema = this.#schemas.get(line.is)
    if (schema === undefined) {
      throw new DunlinError('CORRUPT', `${at} refers to a schema that no line before it has`, {
        place: { at },
      })
    }
    return { ...event, commit: { ...event.commit, schema } }
  }
}
