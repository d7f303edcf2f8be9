module.exports = {
  rootDir: __dirname,
  testEnvironment: 'node',
  maxWorkers: 1,
  testSequencer: '<rootDir>/sequencer.cjs',
  testTimeout: 30000,
  forceExit: true,
  prettierPath: null,
  // As in the repository, and so that the exports of a module can be mocked; it does not check types.
  transform: {
    '^.+\\.tsx?$': ['ts-jest', { diagnostics: false, tsconfig: { module: 'commonjs', target: 'es2022', esModuleInterop: true, isolatedModules: true, allowJs: true } }],
    '^.+\\.m?js$': ['ts-jest', { diagnostics: false, tsconfig: { module: 'commonjs', target: 'es2022', esModuleInterop: true, isolatedModules: true, allowJs: true } }],
  },
  moduleNameMapper: {
    '^@supabase/(auth|storage|realtime|postgrest|functions)-js$': '<rootDir>/packages/core/$1-js/src/index.ts',
    '^@supabase/tracing$': '<rootDir>/packages/shared/tracing/src/index.ts',
  },
  modulePathIgnorePatterns: ['<rootDir>/packages/core/.*/test/integration/'],
  testPathIgnorePatterns: ['/node_modules/', '/v12/', '[.]browser[.]test'],
};
