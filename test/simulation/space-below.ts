/** SpaceBelow: the part of a space that lies below a prefix, as a root of its own: what a store opened there reaches. */
import type { Change, Objects, SpaceObject } from './object-space.ts'

export class SpaceBelow implements Objects {
  readonly uri: string
  readonly #space: Objects
  readonly #prefix: string

  constructor(space: Objects, uri: string) {
    this.uri = uri
    this.#space = space
    this.#prefix = uri.slice(space.uri.length)
  }

  get keys(): readonly string[] {
    return this.page('', null, Number.POSITIVE_INFINITY)
  }

  get changes(): readonly Change[] {
    const below = (key: string): string => key.slice(this.#prefix.length)
    return this.#space.changes
      .filter(({ key }) => key.startsWith(this.#prefix))
      .map(change => ({
        ...change,
        key: below(change.key),
        ...(change.to === undefined ? {} : { to: below(change.to) }),
      }))
  }

  get(key: string): SpaceObject | undefined {
    return this.#space.get(this.#prefix + key)
  }

  noteRead(key: string, by: string): void {
    this.#space.noteRead(this.#prefix + key, by)
  }

  put(...[key, bytes, options]: Parameters<Objects['put']>): boolean {
    return this.#space.put(this.#prefix + key, bytes, options)
  }

  delete(key: string, by: string): void {
    this.#space.delete(this.#prefix + key, by)
  }

  move(from: string, to: string, by: string): boolean {
    return this.#space.move(this.#prefix + from, this.#prefix + to, by)
  }

  page(prefix: string, after: string | null, size: number): readonly string[] {
    const behind = after === null ? null : this.#prefix + after
    return this.#space.page(this.#prefix + prefix, behind, size).map(key => key.slice(this.#prefix.length))
  }
}
