/** `artefact`: the outputs of a job whose functions were captured ahead, for drivers that cannot capture by themselves. */
import { Output } from './output.ts'

/**
 * The outputs of an artefact that `dunlin build` made, for `run`: also in a driver that is bundled or minified, whose own
 * functions could not be captured. Relative paths mean what they mean where it runs.
 *
 * @throws DunlinError `NOT_FOUND` where the directory has none; `CONFIGURATION` where another version of dunlin, or a
 * newer Node, built it; `CORRUPT` where one of its files was changed
 *
 * @example
 * const missing = await artefact('nowhere/').catch((error: unknown) => error)
 * missing instanceof DunlinError && missing.code // 'NOT_FOUND'
 */
export async function artefact(directory: string): Promise<readonly Output[]> {
  const { readArtefact } = await import('../engine/artefact.ts')
  return (await readArtefact(directory)).map(logical => new Output(logical))
}
