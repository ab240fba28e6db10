// By import(): Node 22 cannot require an ES module from a CommonJS file that it strips of types.
import('dunlin').then(({ range }) =>
  range(3)
    .map(() => __dirname)
    .collect()
    .then((rows: unknown) => console.log(rows)),
)
