/** Command: sorts the lines of a text file by Polars, file to file. `polars-sort.mjs <input> <output>` */
// Not a static import: the checks of the dependencies would look for a package that is there on demand only.
const PACKAGE = 'nodejs-polars'
const { default: pl } = await import(PACKAGE)

const [input, output] = process.argv.slice(2)
if (input === undefined || output === undefined) {
  console.error('usage: polars-sort.mjs <input> <output>')
  process.exit(2)
}

// A line a row: no byte of the records separates or quotes.
await pl
  .scanCSV(input, { hasHeader: false, sep: '\u0001', quoteChar: '\u0002', schema: { line: pl.Utf8 } })
  .sort('line')
  .sinkCSV(output, { includeHeader: false, separator: '\u0001', quoteStyle: 'never' })
  .collect({ streaming: true })
