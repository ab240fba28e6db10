/** Command: sorts the lines of a text file by DuckDB, file to file. `duckdb-sort.ts <input> <output> <threads>` */
import { DuckDBInstance } from '@duckdb/node-api'

const [input, output, threads] = process.argv.slice(2)
if (input === undefined || output === undefined || threads === undefined) {
  console.error('usage: duckdb-sort.ts <input> <output> <threads>')
  process.exit(2)
}

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`

const database = await DuckDBInstance.create(':memory:', { threads, preserve_insertion_order: 'false' })
const connection = await database.connect()
// No byte of a record separates, quotes or escapes.
await connection.run(`
  COPY (
    SELECT line FROM read_csv(${quoted(input)}, header = false, auto_detect = false, columns = {'line': 'VARCHAR'},
      delim = '\x01', quote = '', escape = '', new_line = '\\r\\n')
    ORDER BY line
  ) TO ${quoted(output)} (FORMAT csv, HEADER false, DELIMITER '\x01', QUOTE '', ESCAPE '')`)
