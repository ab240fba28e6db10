/** What a doctor found, as lines. Pure. */
import type { Check } from '../../lambda/aws/deploy/index.ts'
import { type Palette, PLAIN } from './palette.ts'

export function checkText({ subject, state, text, hint }: Check, palette: Palette = PLAIN): string {
  const mark = {
    ok: palette.good('ok         '),
    notOk: palette.bad('not ok     '),
    notChecked: palette.warn('not checked'),
  }[state]
  const line = `${mark}  ${palette.bold(subject)}: ${text}`
  return hint === undefined ? line : `${line}\n             ${palette.accent(hint)}`
}

/** One line about all. */
export function checksText(checks: readonly Check[]): string {
  const of = (state: Check['state']): number => checks.filter(check => check.state === state).length
  const unknown = of('notChecked')
  return `${of('ok')} ok, ${of('notOk')} not ok${unknown === 0 ? '' : `, ${unknown} not checked`}`
}
