import { from } from 'dunlin'

console.log(
  `same: ${JSON.stringify(
    await from(['-3', '[1,2]', '7'])
      .map(JSON.parse as (text: string) => number)
      .filter(Number.isInteger)
      .map(Math.abs)
      .collect(),
  )}`,
)
