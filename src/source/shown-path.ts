/** How messages name an object: a path where it is a file, else its URI. */
import { fileURLToPath } from 'node:url'

export function shownPath(root: string, key: string): string {
  return root.startsWith('file:') ? fileURLToPath(root) + key : root + key
}
