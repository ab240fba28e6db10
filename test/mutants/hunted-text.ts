/** What became of mutants, for people. */
import type { Case, Hunted } from './mutant.ts'

const FINDING_CHARS = 150

export function huntedText({ name, runs, caught }: Hunted, ms: number): string {
  const took = `${(ms / 1000).toFixed(1)} s`
  if (caught === null) return `SURVIVED  ${name} (${runs} runs, ${took})`
  const finding = caught.finding.split('\n')[0]!.slice(0, FINDING_CHARS)
  return `caught    ${name} (${caught.of === null ? 'at once' : caseText(caught.of)}, run ${runs}, ${took}): ${finding}`
}

export function tallyText(hunted: readonly Hunted[]): string {
  const survivors = hunted.filter(({ caught }) => caught === null)
  return [
    `${hunted.length - survivors.length} of ${hunted.length} mutants caught`,
    ...survivors.map(({ name }) => `survivor: ${name}`),
  ].join('\n')
}

function caseText(one: Case): string {
  switch (one.kind) {
    case 'check':
      return 'by its check'
    case 'strike':
      return `${one.strikes.workload}, ${one.strikes.who} ${one.strikes.how} at request ${one.request}`
    case 'narrow':
      return `${one.workload}, seed ${one.seed} of ${one.faults.join(', ')}`
    case 'seed':
      return `seed ${one.seed}`
  }
}
