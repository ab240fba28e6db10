/** The error for a column that no record has, with the name that was probably meant. */
import { DunlinError } from '../errors.ts'
import { nearestName } from './nearest-name.ts'

const NAMES_SHOWN = 20

export function unknownColumn(operator: string, column: string, columns: readonly string[]): DunlinError {
  const near = nearestName(column, columns)
  const shown = columns.slice(0, NAMES_SHOWN).join(', ') + (columns.length > NAMES_SHOWN ? ', …' : '')
  return new DunlinError(
    'UNKNOWN_COLUMN',
    `${operator}: there is no column "${column}"; ${columns.length === 0 ? 'the records have no columns' : `the records have ${shown}`}`,
    {
      hint: near === undefined ? 'Name a column that the records have.' : `Did you mean "${near}"?`,
      place: { operator },
    },
  )
}
