/** The walls of the house: operators ← planner ← src ← lambda ← benchmarks ← test. A folder looks only left. */
const FOLDERS = ['operators', 'planner', 'src', 'lambda', 'benchmarks', 'test']

/** Open the stores and engines of clouds, by dynamic import; what configures them knows their types. */
const LAZY =
  '^src/(store/open-cloud-store|configuration/(configured-engine|dunlin-config|config-keys|engine-settings))[.]ts$'

const onlyLeft = FOLDERS.slice(0, -1).map((folder, index) => ({
  name: `${folder}-looks-only-left`,
  severity: 'error',
  from: { path: `^${folder}/` },
  to: { path: `^(${FOLDERS.slice(index + 1).join('|')})/` },
}))

export default {
  forbidden: [
    ...onlyLeft.map(rule =>
      // Only the command line and what opens stores and engines of clouds may reach right, lazily.
      rule.name === 'src-looks-only-left'
        ? { ...rule, from: { ...rule.from, pathNot: `^src/cli/|${LAZY}` } }
        : rule,
    ),
    {
      name: 'clouds-load-lazily',
      comment: 'Who works on a laptop never loads the code of a cloud.',
      severity: 'error',
      from: { path: LAZY },
      to: { path: '^lambda/', dynamic: false, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'sdks-load-lazily',
      severity: 'error',
      from: { path: '^(src|lambda)/' },
      to: { path: 'node_modules/@(aws-sdk|smithy)/', dynamic: false, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'through-the-door',
      comment:
        'Another folder is entered through its index.ts; src also through worker.ts, lambda through that of a cloud, its public.ts, or its deploy/.',
      severity: 'error',
      from: { path: '^(operators|planner|src|lambda)/' },
      to: {
        path: '^(operators|planner|src|lambda)/',
        pathNot:
          '^(operators|planner|src|lambda)/index[.]ts$|^src/worker[.]ts$|^lambda/[^/]+/((deploy/)?index|public)[.]ts$|^$1/',
      },
    },
    {
      name: 'benchmarks-use-the-public-package',
      severity: 'error',
      from: { path: '^benchmarks/' },
      to: { path: '^(operators|planner|lambda)/|^src/(?!index[.]ts$)' },
    },
    {
      name: 'arrow-only-in-the-codec',
      severity: 'error',
      from: { path: '^(operators|planner|src|lambda)/', pathNot: '^operators/ipc/' },
      to: { path: 'node_modules/apache-arrow', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'pure-folders-do-no-io',
      severity: 'error',
      from: { path: '^(operators|planner)/' },
      to: {
        dependencyTypes: ['core'],
        path: '^(node:)?(fs|fs/promises|net|http|https|http2|child_process|worker_threads|cluster|timers|timers/promises|os|dns|dgram|tls|inspector|perf_hooks)$',
      },
    },
    {
      name: 'no-test-code-in-the-product',
      severity: 'error',
      from: { path: '^(operators|planner|src|lambda)/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only', 'npm-peer'] },
    },
    {
      name: 'no-circular',
      comment: 'A cloud is loaded when it is asked for, and starts from the door of the sources that asks.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only', 'dynamic-import'], pathNot: LAZY } },
    },
    {
      name: 'resolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '^(native-addon|not-installed|#triple|@own/triple)$' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|node_modules)/|fixtures/planted' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      conditionNames: ['development', 'import', 'types', 'node', 'default'],
      exportsFields: ['exports'],
    },
  },
}
