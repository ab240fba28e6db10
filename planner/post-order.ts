/** The order of a graph's nodes in which every node comes after its inputs. */
import { DunlinError } from '../operators/index.ts'

/**
 * Every node that the roots reach, once, inputs first and from left to right. Iterative: a pipeline built in a loop
 * may be deeper than the call stack.
 *
 * @throws DunlinError `INVALID_PLAN` when a node is among its own inputs.
 */
export function postOrder<N extends object>(roots: Iterable<N>, inputsOf: (node: N) => readonly N[]): N[] {
  const order: N[] = []
  const state = new Map<N, 'open' | 'done'>()
  const stack: { readonly node: N; readonly inputs: readonly N[]; next: number }[] = []
  const open = (node: N): void => {
    const known = state.get(node)
    if (known === 'done') return
    if (known === 'open') {
      throw new DunlinError('INVALID_PLAN', 'a dataset of the pipeline is among its own inputs', {
        hint: 'Build datasets with the verbs only; a node must not be changed after it was made.',
      })
    }
    state.set(node, 'open')
    stack.push({ node, inputs: inputsOf(node), next: 0 })
  }
  for (const root of roots) {
    open(root)
    while (stack.length > 0) {
      const top = stack[stack.length - 1]!
      if (top.next < top.inputs.length) {
        open(top.inputs[top.next++]!)
      } else {
        stack.pop()
        state.set(top.node, 'done')
        order.push(top.node)
      }
    }
  }
  return order
}
