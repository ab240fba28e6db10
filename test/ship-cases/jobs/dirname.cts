const { range } = require('dunlin')

range(3)
  .map(() => __dirname)
  .collect()
  .then((rows: unknown) => console.log(rows))
