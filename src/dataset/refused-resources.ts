/** Resources that people ask for elsewhere and that no engine here has: refused with the reason. */
import { DunlinError } from '../../operators/index.ts'

const ARCHITECTURES: readonly unknown[] = ['arm64', 'x86_64']

/** @throws DunlinError `INVALID_ARGUMENT` for a GPU, and for an architecture */
export function refuseResources(given: object): void {
  if (typeof given !== 'object' || given === null) return
  const asked = given as { readonly gpu?: unknown; readonly architecture?: unknown }
  if (asked.gpu !== undefined) {
    throw new DunlinError(
      'INVALID_ARGUMENT',
      'with: there is no gpu to be had: stateless functions have none',
      {
        hint: 'Leave `gpu` out, and give the stage more memory: processors come with it.',
      },
    )
  }
  const { architecture } = asked
  if (architecture === undefined) return
  const isKnown = ARCHITECTURES.includes(architecture)
  throw new DunlinError(
    'INVALID_ARGUMENT',
    isKnown
      ? `with: the architecture is that of the deployment, and not one stage's: ${String(architecture)} cannot be asked for here`
      : `with: the architecture ${JSON.stringify(architecture)} is not known: functions run on arm64 or x86_64`,
    {
      hint: 'Set `aws.architecture` to arm64 or x86_64 where the functions are deployed, and leave it out here.',
    },
  )
}
