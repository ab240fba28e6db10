/** Jobs that grow and plans that cannot be, driven by events written by hand. */
import { describe, expect, test } from 'vitest'
import type { DunlinError } from '../../../operators/index.ts'
import { slotsWanted } from '../../../src/job/state.ts'
import { emitted, Machine, rows, startedWith } from './machine.ts'
import { reader, scan, toDriver, toFiles, toPartitions } from './plans.ts'

describe('growing', () => {
  test('added stages run when what they read has finished', () => {
    const first = scan(0, 1, toPartitions(1))
    const machine = startedWith(1, [first, scan(1, 1, toFiles)])
    machine.finish(0, 0)
    machine.grant(1)
    machine.writeManifest(0)
    const second = reader(2, [first], toPartitions(2))
    const commands = machine.tell({ type: 'stagesAdded', stages: [second, reader(3, [second], toDriver)] })
    expect(emitted(commands)).toEqual(['stagesAdded', 'stageStarted'])
    expect(slotsWanted(machine.state)).toBe(2)
    machine.grant(2)
    machine.finish(1, 0)
    machine.finish(2, 0, rows(4, 10))
    machine.grant(1)
    machine.writeManifest(2)
    machine.grant(2)
    machine.finish(3, 0, rows(4, 1))
    machine.finish(3, 1, rows(4, 3))
    expect(machine.outcome?.outcome.state).toBe('succeeded')
  })

  test('stages that read what is not there are refused, and the job goes on as it was', () => {
    const first = scan(0, 1, toPartitions(1))
    const files = scan(1, 1, toFiles)
    const machine = startedWith(1, [first, files])
    const before = machine.state
    const add = (stages: Parameters<typeof reader>[1]) => () => machine.tell({ type: 'stagesAdded', stages })
    const other = scan(7, 1, toPartitions(1))
    expect(add([reader(2, [other], toFiles)])).toThrow('it reads stage 7, which the job does not have')
    expect(add([scan(0, 1, toFiles)])).toThrow('the job has a stage of this number already')
    const wide = { ...first, output: toPartitions(5) }
    expect(add([reader(2, [wide], toFiles)])).toThrow('5 partitions of stage 0, which gives 1')
    const asExchange = { ...files, output: toPartitions(1) }
    expect(add([reader(2, [asExchange], toFiles)])).toThrow('it reads stage 1, whose output is a write')
    expect(machine.state).toBe(before)
  })

  test('a job that has ended cannot grow', () => {
    const machine = new Machine([])
    machine.start()
    const add = () => machine.tell({ type: 'stagesAdded', stages: [scan(0, 1, toFiles)] })
    expect(add).toThrow(expect.objectContaining<Partial<DunlinError>>({ code: 'INVALID_ARGUMENT' }))
  })

  test('a plan out of order is refused', () => {
    const first = scan(0, 1, toPartitions(1))
    expect(() => new Machine([reader(1, [first], toFiles), first])).toThrow('which the job does not have')
  })
})
