/** The file that a directory is known by as an artefact. */
export const MANIFEST = 'artefact.json'
