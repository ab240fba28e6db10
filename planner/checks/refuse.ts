/** How the checks refuse a plan: with the place of the verb that made the node. */
import { DunlinError, type ErrorCode } from '../../operators/index.ts'

export function refuse(
  message: string,
  options: {
    readonly code?: ErrorCode
    readonly hint?: string
    readonly at?: string | undefined
    readonly operator?: string
  },
): never {
  const { code = 'INVALID_PLAN', hint, at, operator } = options
  throw new DunlinError(code, message, {
    ...(hint === undefined ? {} : { hint }),
    place: { ...(at === undefined ? {} : { at }), ...(operator === undefined ? {} : { operator }) },
  })
}
