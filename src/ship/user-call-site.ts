/** Where in the user's program dunlin was called. */
import { isOwnFile } from './own-package.ts'
import { pathOfUrl, positionText } from './source-position.ts'

/** A verb is at most this deep below its caller. */
const FRAMES = 12

/**
 * `file:line` of the innermost frame outside of dunlin and of Node, relative to the working directory where it is
 * below it. Costs some microseconds: it is called by every verb.
 */
export function userCallSite(): string | undefined {
  const { prepareStackTrace, stackTraceLimit } = Error
  try {
    Error.stackTraceLimit = FRAMES
    Error.prepareStackTrace = (_, sites) => sites
    const holder: { stack?: NodeJS.CallSite[] } = {}
    Error.captureStackTrace(holder, userCallSite)
    for (const site of holder.stack ?? []) {
      const file = pathOfUrl(site.getFileName() ?? '')
      const line = site.getLineNumber()
      if (file !== null && line !== null && !isOwnFile(file)) return positionText({ file, line })
    }
    return undefined
  } finally {
    Error.stackTraceLimit = stackTraceLimit
    if (prepareStackTrace === undefined) delete (Error as { prepareStackTrace?: unknown }).prepareStackTrace
    else Error.prepareStackTrace = prepareStackTrace
  }
}
